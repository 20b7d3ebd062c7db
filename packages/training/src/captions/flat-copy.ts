import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "@drum/tensor";

/** Ends a caption in the file: a byte that never occurs in UTF-8. */
const END = 0xff;
const WRITE = 2 ** 20;
const TEMPORARY = "temporary copy of the captions";
/** Rows of one piece of the table, a power of 2. */
const PIECE = 2 ** 16;

/**
 * Captions in a temporary file, and their beginnings in memory, 8 bytes for each row. So one read gets any row, for all formats. The file's name is
 * removed as soon as it is open, so nothing is left of it when the process ends, even if it is killed.
 */
export class FlatCopy {
	readonly #path: string;
	readonly #file: FileHandle;
	readonly #starts: Float64Array[] = [];
	#buffer = Buffer.allocUnsafe(WRITE);
	#held = 0;
	#written = 0;
	#count = 0;
	#digest = createHash("sha256");

	private constructor(path: string, file: FileHandle) {
		this.#path = path;
		this.#file = file;
	}

	/** @throws FileError if `folder` is not writable */
	static async create(folder: string): Promise<FlatCopy> {
		const path = join(folder, `drum-captions-${randomUUID()}.tmp`);
		const file = await open(path, "wx+", 0o600).catch((cause) => {
			throw unwritable(folder, cause);
		});
		// On systems that keep the names of open files, closing removes it.
		await rm(path, { force: true }).catch(() => {});
		return new FlatCopy(path, file);
	}

	get count(): number {
		return this.#count;
	}

	/** @throws FileError if the disk is full */
	async append(captions: readonly string[]): Promise<void> {
		for (const caption of captions) {
			// A UTF-16 unit takes at most 3 bytes in UTF-8.
			const most = caption.length * 3 + 1;
			if (this.#held + most > this.#buffer.length) await this.#flush(most);
			this.#begin(this.#written + this.#held);
			this.#held += this.#buffer.write(caption, this.#held);
			this.#buffer[this.#held++] = END;
		}
	}

	/** Ends the captions of one file, and returns their digest, 16 hexadecimal digits. After the last file, rows can be read. */
	async endFile(): Promise<string> {
		await this.#flush(WRITE);
		const digest = this.#digest.digest("hex").slice(0, 16);
		this.#digest = createHash("sha256");
		return digest;
	}

	/**
	 * Row `row` of `count`.
	 * @throws FileError if the file cannot be read, also after closing
	 */
	async read(row: number): Promise<string> {
		const start = this.#start(row);
		const length = (row + 1 < this.#count ? this.#start(row + 1) : this.#written) - 1 - start;
		const { buffer } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, start).catch((cause) => {
			throw new FileError({ what: TEMPORARY, expected: "to read it", found: (cause as Error).message, cause });
		});
		return buffer.toString();
	}

	/** Call it after all reads have ended. */
	async close(): Promise<void> {
		await this.#file.close();
		await rm(this.#path, { force: true });
	}

	#begin(start: number): void {
		const at = this.#count++ % PIECE;
		if (at === 0) this.#starts.push(new Float64Array(PIECE));
		this.#starts.at(-1)![at] = start;
	}

	#start(row: number): number {
		return this.#starts[Math.floor(row / PIECE)]![row % PIECE]!;
	}

	/** Makes room for at least `room` bytes in the buffer. */
	async #flush(room: number): Promise<void> {
		const bytes = this.#buffer.subarray(0, this.#held);
		this.#digest.update(bytes);
		await this.#file.writeFile(bytes).catch((cause) => {
			throw unwritable(this.#path, cause);
		});
		this.#written += this.#held;
		this.#held = 0;
		if (this.#buffer.length < room) this.#buffer = Buffer.allocUnsafe(room);
	}
}

function unwritable(path: string, cause: unknown): FileError {
	const { code, message } = cause as NodeJS.ErrnoException;
	const found = code === "ENOSPC" ? "no space left" : message;
	const next = "Name a folder with space for all captions by temporaryFolder";
	return new FileError({
		what: `${TEMPORARY} in ${path}`,
		expected: "to write it",
		found,
		next,
		cause,
	});
}
