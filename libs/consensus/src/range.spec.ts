import { ZERO_HASH, encodeHeader, type BlockHeader, type Certificate } from '@quorate/protocol';
import { RANGE_BLOCKS_MAX, RANGE_BYTES_MAX, RANGE_TAIL_MAX } from './limits';
import { cutRange, type RangeSource } from './range';

const header = (height: number, kind: BlockHeader['kind'] = 'data'): BlockHeader => ({
  kind,
  ledgerId: new Uint8Array(16),
  epoch: 1,
  height,
  parentId: ZERO_HASH,
  timeNs: 1n,
  bodyRoot: ZERO_HASH,
  bodyLength: 0,
  operationCount: 0,
  configHash: ZERO_HASH,
  execHeight: 0,
  execRoot: ZERO_HASH,
  nextConfigHash: ZERO_HASH,
});

const certificate = (height: number): Certificate => ({
  kind: 'commit',
  epoch: 1,
  term: 1,
  slot: height,
  blockId: ZERO_HASH,
  signers: [],
  signatures: [],
});

/** A journal of `finalHeight` blocks, certificates at some heights, epoch's ends at others, and gaps. */
function source(options: {
  finalHeight: number;
  certified: readonly number[];
  ends?: readonly number[];
  bodyBytes?: number;
  noHeader?: number;
  noBody?: number;
}): RangeSource {
  const { finalHeight, certified, ends = [], bodyBytes = 0, noHeader, noBody } = options;
  return {
    finalHeight,
    headerBytes: (height) =>
      height === noHeader ? undefined : encodeHeader(header(height, ends.includes(height) ? 'epoch_end' : 'data')),
    body: (height) => (height === noBody ? undefined : new Uint8Array(bodyBytes)),
    certificate: (height) => (certified.includes(height) ? certificate(height) : undefined),
  };
}

const shape = (range: ReturnType<typeof cutRange>): number[] | null =>
  range && [range.blocks.length, range.tailHeaders.length, range.certificate.slot];

describe('C-32: an answer to get-range', () => {
  it('is closed by the highest certificate in its upper half', () => {
    expect(shape(cutRange(source({ finalHeight: 10, certified: [2, 8, 9] }), 1))).toEqual([9, 0, 9]);
    expect(shape(cutRange(source({ finalHeight: 10, certified: [6] }), 1))).toEqual([6, 0, 6]);
  });

  it('is closed by headers up to the next certificate when there is none in its upper half', () => {
    const finalHeight = RANGE_BLOCKS_MAX + 10;
    const certified = [RANGE_BLOCKS_MAX / 2, RANGE_BLOCKS_MAX + 3, RANGE_BLOCKS_MAX + 5];
    expect(shape(cutRange(source({ finalHeight, certified }), 1))).toEqual([RANGE_BLOCKS_MAX, 3, RANGE_BLOCKS_MAX + 3]);
  });

  it('is closed by a certificate in its lower half if nothing follows', () => {
    expect(shape(cutRange(source({ finalHeight: 10, certified: [2] }), 1))).toEqual([2, 0, 2]);
    expect(cutRange(source({ finalHeight: 10, certified: [] }), 1)).toBeNull();
  });

  it('holds a bounded number of blocks, of bytes, and of headers behind them', () => {
    const many = RANGE_BLOCKS_MAX + RANGE_TAIL_MAX;
    expect(shape(cutRange(source({ finalHeight: many + 5, certified: [many] }), 1))).toEqual([
      RANGE_BLOCKS_MAX,
      RANGE_TAIL_MAX,
      many,
    ]);
    expect(cutRange(source({ finalHeight: many + 5, certified: [many + 1] }), 1)).toBeNull();
    const large = { bodyBytes: Math.ceil(RANGE_BYTES_MAX / 2), finalHeight: 9, certified: [1, 2, 3, 4, 5] };
    expect(shape(cutRange(source(large), 1))).toEqual([2, 0, 2]);
  });

  it('ends where the journal has a gap, and is none when it begins there', () => {
    const finalHeight = 10;
    const certified = [4, 10];
    expect(shape(cutRange(source({ finalHeight, certified, noBody: 5 }), 1))).toEqual([4, 0, 4]);
    expect(shape(cutRange(source({ finalHeight, certified, noHeader: 5 }), 1))).toEqual([4, 0, 4]);
    expect(cutRange(source({ finalHeight, certified, noBody: 5 }), 5)).toBeNull();
    expect(cutRange(source({ finalHeight, certified: [10], noHeader: 5 }), 1)).toBeNull();
    expect(cutRange(source({ finalHeight, certified }), 11)).toBeNull();
  });

  it("C-39: ends with an epoch's end and that one's certificate, or not at all", () => {
    expect(shape(cutRange(source({ finalHeight: 10, certified: [3, 6, 8], ends: [6] }), 1))).toEqual([6, 0, 6]);
    expect(cutRange(source({ finalHeight: 10, certified: [3, 8], ends: [6] }), 1)).toBeNull();
    const finalHeight = RANGE_BLOCKS_MAX + 10;
    const beyond = { finalHeight, certified: [RANGE_BLOCKS_MAX + 4], ends: [RANGE_BLOCKS_MAX + 2] };
    expect(cutRange(source(beyond), 1)).toBeNull();
  });
});
