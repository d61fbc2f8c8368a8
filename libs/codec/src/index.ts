export { CodecError } from './codec-error';
export { Reader } from './reader';
export { Writer } from './writer';
