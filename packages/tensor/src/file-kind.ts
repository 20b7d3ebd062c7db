import { CheckpointError } from "./errors.ts";
import { parseJson } from "./parse-json.ts";

/** What a file is in place of what was asked for, and the way out. */
export interface FileKind {
	readonly is: string;
	/** As a sentence. */
	readonly next: string;
}

/** As many first bytes as tell a kind. */
export const HEAD = 512;

const FETCH =
	"Fetch it again, from the hub's own link (…/resolve/…), with an access token where the repository asks for one";
export const NO_PICKLE =
	"Pickles are not read, since loading one can run code that it holds: take a revision with safetensors, or convert it at " +
	"https://huggingface.co/spaces/safetensors/convert";
export const UNPACK = "Unpack it, and give the folder that comes out";
export const NO_GGUF =
	'GGUF is not read: take the safetensors of the same model; dtype "int8" or "int4" makes small weights of them';
export const NO_ONNX = "ONNX exports are not read: take the safetensors of the same model";
const OTHER = "Check that it is the file you meant";

/** Kinds by the file's beginning as text; the first that fits. */
const TEXTS: readonly [RegExp, string, string][] = [
	[
		/^version https:\/\/(git-lfs\.github|hawser\.github)\.com\/spec/,
		"a git-lfs pointer in place of the file",
		"Run `git lfs pull` in its folder",
	],
	[
		/^((\.\.\/)*\.git\/annex\/|\/annex\/objects\/)/,
		"a git-annex pointer in place of the file",
		"Run `git annex get` in its folder",
	],
	[/^\s*(<!doctype html|<html|<head|<body)/i, "an HTML page, such as a login or an error", FETCH],
	[/^\s*(<\?xml|<error>)/i, "an XML answer of a server", FETCH],
	[/^\s*\{\s*"(error|message)"\s*:/, "the error message of a server", FETCH],
	[/^(Entry not found|Repository not found|Invalid user|Access to model)/, "the error message of a server", FETCH],
	[/^(GGUF|ggml|ggjt|tjgg|lmgg)/, "GGUF weights", NO_GGUF],
	[/^PAR1/, "a Parquet table", OTHER],
	[/^%PDF-/, "a PDF document", OTHER],
];

/** Kinds by the file's first bytes in hexadecimal. */
const BYTES: readonly [RegExp, string, string][] = [
	// A zip that has `data.pkl` or `.data/` in it.
	[/^504b0304.*(646174612e706b6c|2e646174612f)/, "a PyTorch pickle", NO_PICKLE],
	// The protocol, and what a list, a dictionary, a class, a number or a frame begins with.
	[/^800[2-5](8a|63|7d|5d|28|95)/, "a pickle", NO_PICKLE],
	[/^504b(0304|0506)/, "a zip archive", UNPACK],
	[/^894844460d0a/, "an HDF5 file, as TensorFlow and Keras write it", "Take the safetensors of the same model"],
	[/^934e554d5059/, "a NumPy array", OTHER],
	[/^08(0[1-9a-f]|1.)(12|3a)/, "an ONNX model", NO_ONNX],
	// gzip, zstd, xz, 7z, bzip2.
	[/^(1f8b|28b52ffd|fd377a585a|377abcaf|425a68)/, "a compressed file", UNPACK],
	[/^.{514}7573746172/, "a tar archive", UNPACK],
	// PNG, JPEG, WebP, GIF.
	[/^(89504e47|ffd8ff|52494646.{8}57454250|47494638)/, "a picture", OTHER],
	[/^(00){64}/, "zeros: a download that never came", "Fetch it again"],
];

/**
 * What a file is by its first bytes, of which `HEAD` are looked at; undefined for a safetensors file and for what is not known.
 * @param size bytes of the whole file
 */
export function fileKind(head: Uint8Array, size: number): FileKind | undefined {
	if (size === 0) return { is: "an empty file", next: "A download or a disk has failed: fetch it again" };
	if (isSafetensors(head)) return undefined;
	const bytes = head.subarray(0, HEAD);
	// Without a byte order mark.
	const text = new TextDecoder().decode(bytes);
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
	const found = TEXTS.find(([beginning]) => beginning.test(text)) ?? BYTES.find(([beginning]) => beginning.test(hex));
	return found && { is: found[1], next: found[2] };
}

/** A length below 2^32, and the header's bracket behind it. */
function isSafetensors(head: Uint8Array): boolean {
	return head[8] === 0x7b && head[4] === 0 && head[5] === 0 && head[6] === 0 && head[7] === 0;
}

/**
 * Refuses a file that is of another kind than `expected`, by its first bytes, as a download or a copy makes them by accident.
 * @param what the file, for messages
 * @throws CheckpointError with the way out
 */
export function refuseOtherKind(what: string, expected: string, head: Uint8Array, size: number): void {
	const kind = fileKind(head, size);
	if (kind) throw new CheckpointError({ what, expected, found: kind.is, next: kind.next });
}

/** Takes a text file's bytes for JSON, with or without a byte order mark. @throws CheckpointError for anything else. */
export function parseJsonFile(bytes: Uint8Array, what: string): unknown {
	refuseOtherKind(what, "JSON", bytes.subarray(0, HEAD), bytes.length);
	if (isSafetensors(bytes)) {
		throw new CheckpointError({ what, expected: "JSON", found: "weights in safetensors", next: OTHER });
	}
	try {
		return parseJson(new TextDecoder().decode(bytes));
	} catch (cause) {
		throw new CheckpointError({ what, expected: "JSON", found: (cause as Error).message, cause });
	}
}
