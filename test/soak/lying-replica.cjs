// Loaded into a replica's process by `--require`: it lies to the other replicas, with its own keys and over its own links.
// The replica itself has no such switch.
const { createRequire } = require('node:module');
const { join } = require('node:path');

const root = join(__dirname, '../..');
const replicaRequire = createRequire(join(root, 'libs/replica/package.json'));
const protocol = replicaRequire('@quorate/protocol');
const { Peers } = require(join(root, 'libs/replica/dist/peers.js'));
const { Replica } = require(join(root, 'libs/replica/dist/replica.js'));

const { blockId, consensusContext, decodeHeader, encodeHeader, preparePreimage, commitPreimage } = protocol;
const liesPerSecondMax = 500;

let signerOf = null;
let told = 0;
setInterval(() => (told = 0), 1_000).unref();

const open = Replica.open;
Replica.open = (options) => {
  signerOf = options.signer;
  return open.call(Replica, options);
};

let announced = false;
function noteLie() {
  told += 1;
  if (!announced) process.stderr.write('this replica lies\n');
  announced = true;
}

/** The key with which this replica signs in a configuration. */
function signer(configuration) {
  for (const { consensusKey } of configuration.replicas) {
    const sign = signerOf?.(consensusKey) ?? null;
    if (sign !== null) return sign;
  }
  return null;
}

/** The same proposal with another ledger time: another block for the same place, signed as well. */
function twin(message, context, sign) {
  const header = decodeHeader(message.headerBytes);
  const headerBytes = encodeHeader({ ...header, timeNs: header.timeNs + 1n });
  return { ...message, headerBytes, signature: sign(preparePreimage(context, message, blockId(headerBytes))) };
}

/** The same vote for a block that nobody has proposed. */
function perjury(message, context, sign) {
  const id = message.blockId.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
  const preimageOf = message.kind === 'prepare' ? preparePreimage : commitPreimage;
  return { ...message, blockId: id, signature: sign(preimageOf(context, message, id)) };
}

/** What is said to one half of the others; the other half hears the truth. */
function falsehoods(message, context, sign) {
  switch (message.kind) {
    case 'propose':
      return message.slot > 1 ? [twin(message, context, sign)] : [message];
    case 'prepare':
    case 'commit':
      return [perjury(message, context, sign), message];
    case 'block':
      return [{ ...message, body: message.body.map((byte) => byte ^ 1) }];
    case 'range':
      return [];
    case 'status':
      return [{ ...message, finalHeight: message.finalHeight + 1_000, executedHeight: message.executedHeight + 1_000 }];
    default:
      return [message];
  }
}

const send = Peers.prototype.send;
const use = Peers.prototype.useConfiguration;
const configurations = new WeakMap();
Peers.prototype.useConfiguration = function useAndRemember(configuration) {
  configurations.set(this, configuration);
  use.call(this, configuration);
};
Peers.prototype.send = function lie(epoch, to, message) {
  const configuration = configurations.get(this) ?? this.options.configuration;
  const sign = configuration.epoch === epoch ? signer(configuration) : null;
  if (sign === null || told >= liesPerSecondMax) return send.call(this, epoch, to, message);
  const context = consensusContext(configuration);
  const recipients = to === 'all' ? configuration.replicas.keys() : [to];
  for (const recipient of recipients) {
    const said = recipient % 2 === 1 ? falsehoods(message, context, sign) : [message];
    for (const one of said) {
      if (one !== message) noteLie();
      send.call(this, epoch, recipient, one);
    }
  }
};
