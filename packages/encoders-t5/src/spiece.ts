import { BinaryReader } from "@bufbuild/protobuf/wire";
import { CheckpointError } from "@drum/tensor";

/** The parts of a sentencepiece model (`spiece.model`) that a unigram tokenizer needs. */
export interface SentencePieceModel {
	/** Piece and log probability, by id. */
	vocab: [piece: string, score: number][];
	unknownId: number;
	/** Pieces that are never split in text: control symbols and user-defined symbols. */
	control: { text: string; isControl: boolean }[];
	/** The normalisation of text. Empty for none. */
	charsmap: Uint8Array;
}

const UNIGRAM = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const KINDS: Readonly<Record<number, string>> = { 2: "bpe", 3: "word", 4: "char" };

/**
 * Reads a `ModelProto`. The field numbers are those of sentencepiece_model.proto:
 * https://github.com/google/sentencepiece/blob/v0.2.0/src/sentencepiece_model.proto
 * @throws CheckpointError for bytes that are not such a message, or a model of another kind than unigram
 */
export function parseSentencePiece(bytes: Uint8Array, name: string): SentencePieceModel {
	const model: SentencePieceModel = { vocab: [], unknownId: -1, control: [], charsmap: new Uint8Array() };
	let kind = UNIGRAM;
	let byteFallback = false;
	try {
		fields(bytes, {
			1: (reader) => {
				let [piece, score, type] = ["", 0, 1];
				fields(reader.bytes(), {
					1: (field) => (piece = field.string()),
					2: (field) => (score = field.float()),
					3: (field) => (type = field.int32()),
				});
				if (type === UNKNOWN) model.unknownId = model.vocab.length;
				if (type === CONTROL || type === USER_DEFINED) model.control.push({ text: piece, isControl: type === CONTROL });
				model.vocab.push([piece, score]);
			},
			2: (reader) =>
				fields(reader.bytes(), {
					3: (field) => (kind = field.int32()),
					35: (field) => (byteFallback = field.bool()),
				}),
			3: (reader) => fields(reader.bytes(), { 2: (field) => (model.charsmap = field.bytes()) }),
		});
	} catch (cause) {
		throw new CheckpointError({
			what: name,
			expected: "a sentencepiece model",
			found: (cause as Error).message,
			cause,
		});
	}
	if (kind !== UNIGRAM || byteFallback) {
		const found = byteFallback ? "one with bytes as a last resort" : (KINDS[kind] ?? `kind ${kind}`);
		throw new CheckpointError({ what: name, expected: "a unigram model, as T5's is", found });
	}
	if (model.unknownId === -1) {
		throw new CheckpointError({ what: name, expected: "a sentencepiece model with an unknown piece", found: "none" });
	}
	return model;
}

/** Reads the wanted fields of a message, and skips the others. */
function fields(bytes: Uint8Array, read: Readonly<Record<number, (reader: BinaryReader) => unknown>>): void {
	const reader = new BinaryReader(bytes);
	while (reader.pos < reader.len) {
		const [number, wireType] = reader.tag();
		const own = read[number];
		if (own) own(reader);
		else reader.skip(wireType, number);
	}
}
