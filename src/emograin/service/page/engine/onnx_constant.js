/** Switch a Boolean constant of an ONNX model on, in its bytes: onnxruntime-web has no other way.

    The file is a protocol buffer: ModelProto.graph > GraphProto.initializer > TensorProto.name and .raw_data. */

const GRAPH = 7, INITIALIZER = 5, NAME = 8, INT32_DATA = 5, RAW_DATA = 9;
const LENGTH_DELIMITED = 2, SIZES = { 1: 8, 5: 4 };

/** Return a copy of the model with the constant set to true; null if the model does not have it. */
export function switchOn(model, name) {
  for (const graph of fields(model, 0, model.length, GRAPH)) {
    for (const tensor of fields(model, graph.start, graph.end, INITIALIZER)) {
      if (![...fields(model, tensor.start, tensor.end, NAME)].some((field) => textOf(model, field) === name)) continue;
      const [value] = [RAW_DATA, INT32_DATA].flatMap((number) => [...fields(model, tensor.start, tensor.end, number)]);
      if (!value || value.end - value.start !== 1) return null;
      const copy = model.slice();
      copy[value.start] = 1;
      return copy;
    }
  }
  return null;
}

const textOf = (bytes, { start, end }) => new TextDecoder().decode(bytes.subarray(start, end));

/** Yield where the length-delimited fields with a number lie in a message: {start, end}. */
function* fields(bytes, from, to, wanted) {
  const at = { position: from };
  while (at.position < to) {
    const key = readVarint(bytes, at), kind = key & 7;
    if (kind === LENGTH_DELIMITED) {
      const length = readVarint(bytes, at), start = at.position;
      at.position += length;
      if (key >>> 3 === wanted) yield { start, end: at.position };
    } else if (kind === 0) {
      readVarint(bytes, at);
    } else {
      at.position += SIZES[kind] ?? bytes.length;
    }
  }
}

function readVarint(bytes, at) {
  let value = 0, factor = 1;
  for (;;) {
    const byte = bytes[at.position++];
    value += (byte & 127) * factor;
    if (!(byte & 128)) return value;
    factor *= 128;
  }
}
