import { tmpdir } from "node:os";
import { ArgumentError, checkNames, FileError, namesOf, RandomState, shown } from "@drum/tensor";
import { type CaptionFile, type CaptionsFormat, captionFiles } from "./caption-files.ts";
import { type CaptionsState, checkFiles, checkState } from "./captions-state.ts";
import { checkColumn } from "./column.ts";
import { FlatCopy } from "./flat-copy.ts";
import { readCaptions } from "./read-captions.ts";

const SEEDS = 2 ** 32;
/** Simultaneous reads. */
const READS = 1024;

export interface CaptionsOptions {
	/**
	 * The column, field or key with the captions. A number, from 0, is a column of CSV and TSV files without a header. Default: "caption", or else
	 * "text", "prompt" or the only one.
	 */
	column?: string | number | undefined;
	/** The files' format. Default: from each file's extension. Only files of this format are taken from folders. */
	format?: CaptionsFormat | undefined;
	/** Seed of the order, an integer from 0 to 2^32 - 1. Default: that of `state`, or 0. */
	seed?: number | undefined;
	/** Continues from a result of `state()`, with the same captions. The files may have moved. */
	state?: CaptionsState | undefined;
	/** The folder for a temporary copy of the captions, which is about as large as they are. Default: the system's folder for temporary files. */
	temporaryFolder?: string | undefined;
	/** Cancels opening. */
	signal?: AbortSignal | undefined;
}

const OPTIONS = namesOf<CaptionsOptions>({
	column: true,
	format: true,
	seed: true,
	state: true,
	temporaryFolder: true,
	signal: true,
});

/**
 * Captions of files and folders as an endless, shuffled stream: text (a caption a line), CSV, TSV, JSONL, each also as .gz, and Parquet. A caption is
 * a text without white space around it. Rows without one are skipped. All files are copied once to a temporary file, so they may be larger than
 * memory, which holds 12 bytes for each row.
 * @throws ArgumentError for a wrong option; FileError for a malformed file, with its line, for files without any caption, or for a state of other
 * captions, with the file that differs
 */
export async function openCaptions(
	paths: string | readonly string[],
	options: CaptionsOptions = {},
): Promise<Captions> {
	checkNames("openCaptions", options, OPTIONS);
	const { column, format, seed, state, temporaryFolder = tmpdir(), signal } = options;
	signal?.throwIfAborted();
	checkColumn(column);
	const cursor = state === undefined ? { seed: checkSeed(seed ?? 0), epoch: 0, position: 0 } : checkState(state, seed);
	const files = await captionFiles(paths, format);
	const copy = await FlatCopy.create(temporaryFolder);
	try {
		const { digests, skipped } = await fill(copy, files, column, signal);
		if (copy.count === 0) {
			const what = `captions ${files.map(({ path }) => path).join(", ")}`;
			throw new FileError({ what, expected: "at least one caption", found: "none" });
		}
		if (state !== undefined) checkFiles(state, digests, files, copy.count);
		return new Captions(copy, digests, skipped, cursor);
	} catch (error) {
		await copy.close();
		throw error;
	}
}

async function fill(
	copy: FlatCopy,
	files: readonly CaptionFile[],
	column: string | number | undefined,
	signal: AbortSignal | undefined,
): Promise<{ digests: string[]; skipped: number }> {
	const digests: string[] = [];
	let skipped = 0;
	for (const file of files) {
		for await (const rows of readCaptions(file, column, signal)) {
			signal?.throwIfAborted();
			const captions = rows.map((row) => row.trim()).filter((row) => row !== "");
			skipped += rows.length - captions.length;
			await copy.append(captions);
		}
		digests.push(await copy.endFile());
	}
	return { digests, skipped };
}

type Cursor = Omit<CaptionsState, "files">;

/**
 * An endless stream of captions. Each epoch contains every caption once, in the order of NumPy's `RandomState((seed + epoch) mod
 * 2^32).permutation(count)`. Seed, epoch and position determine a place in the stream, so continuing there reads nothing again. Close it after all
 * calls have ended.
 */
export class Captions implements AsyncDisposable {
	/** The number of captions of an epoch. */
	readonly count: number;
	/** The number of rows without a caption: empty lines and cells, nulls. */
	readonly skipped: number;
	readonly #copy: FlatCopy;
	readonly #digests: readonly string[];
	#cursor: Readonly<Cursor>;
	#order: { epoch: number; rows: Uint32Array } | undefined;

	/** For `openCaptions`. */
	constructor(copy: FlatCopy, digests: readonly string[], skipped: number, cursor: Cursor) {
		this.count = copy.count;
		this.skipped = skipped;
		this.#copy = copy;
		this.#digests = digests;
		this.#cursor = cursor;
	}

	/** The epoch of the next caption, from 0. */
	get epoch(): number {
		return this.#cursor.epoch;
	}

	/** The place of the next caption, as JSON: about 20 bytes for each file. */
	state(): CaptionsState {
		return { ...this.#cursor, files: [...this.#digests] };
	}

	/**
	 * The next `count` captions, across the ends of epochs if necessary. Simultaneous calls get different captions. A call that fails or is cancelled
	 * takes none, unless another began after it.
	 * @throws ArgumentError if `count` is not an integer from 1; FileError if the temporary copy cannot be read
	 */
	async next(count: number, signal?: AbortSignal): Promise<string[]> {
		if (!Number.isSafeInteger(count) || count < 1) {
			throw new ArgumentError({ what: "count", expected: "a whole number from 1", found: shown(count) });
		}
		signal?.throwIfAborted();
		const before = this.#cursor;
		const rows = this.#take(count);
		const after = this.#cursor;
		try {
			const captions: string[] = [];
			for (let at = 0; at < count; at += READS) {
				signal?.throwIfAborted();
				const reads = Array.from(rows.subarray(at, at + READS), (row) => this.#copy.read(row));
				captions.push(...(await Promise.all(reads)));
			}
			return captions;
		} catch (error) {
			if (this.#cursor === after) this.#cursor = before;
			throw error;
		}
	}

	async close(): Promise<void> {
		await this.#copy.close();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	#take(count: number): Uint32Array {
		const rows = new Uint32Array(count);
		let { seed, epoch, position } = this.#cursor;
		for (let taken = 0; taken < count; ) {
			const part = this.#rows(seed, epoch).subarray(position, position + count - taken);
			rows.set(part, taken);
			taken += part.length;
			position += part.length;
			if (position === this.count) {
				epoch++;
				position = 0;
			}
		}
		this.#cursor = { seed, epoch, position };
		return rows;
	}

	/** An epoch's order, 4 bytes for each row. Only the last one is kept. */
	#rows(seed: number, epoch: number): Uint32Array {
		if (this.#order?.epoch !== epoch) {
			this.#order = { epoch, rows: new RandomState((seed + epoch) % SEEDS).permutation(this.count) };
		}
		return this.#order.rows;
	}
}

function checkSeed(seed: number): number {
	if (Number.isInteger(seed) && seed >= 0 && seed < SEEDS) return seed;
	throw new ArgumentError({ what: "seed", expected: "an integer from 0 to 2^32 - 1", found: shown(seed) });
}
