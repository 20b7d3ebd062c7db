import type { DownloadProgress, HubWait } from "@drum/hub";
import { bytesText, type Warning } from "@drum/tensor";
import { type Options, SingleBar } from "cli-progress";
import type { Flags } from "./options/flags.ts";
import { printable } from "./printable.ts";
import type { Output, Surroundings } from "./surroundings.ts";

/** A stretch of work of which it is known how far it is. */
export type Station =
	| "download"
	| "quantize"
	| "embeddings"
	| "coreset"
	| "profile"
	| "steps"
	| "train"
	| "movies"
	| "units"
	| "weights"
	| "captions";

/** Milliseconds between two lines where there is no terminal. */
const LINE_EVERY = 5000;

/** Shows how far a command is: bars on a terminal, now and then a line elsewhere, nothing when it is to be quiet. */
export class Progress {
	readonly #stream: Output;
	readonly #flags: Flags;
	readonly #quiet: boolean;
	readonly #files = new Map<string, DownloadProgress>();
	readonly #warnings = new Map<string, Warning>();
	#bar: SingleBar | undefined;
	#station: Station | undefined;
	#lastLine = 0;

	constructor({ stderr, flags }: Pick<Surroundings, "stderr" | "flags">, quiet = false) {
		this.#stream = stderr;
		this.#flags = flags;
		this.#quiet = quiet;
	}

	/** Tells that `done` of `total` are done. `detail` names what is worked at. */
	show(station: Station, done: number, total: number, detail = ""): void {
		if (this.#quiet || total === 0) return;
		const shown = printable(detail);
		if (this.#stream.isTTY) this.#draw(station, done, total, shown);
		else this.#write(station, done, total, shown);
	}

	/** Takes a repository's progress: bytes are counted over all files that were begun. */
	readonly download = (progress: DownloadProgress): void => {
		this.#files.set(progress.file, progress);
		const files = [...this.#files.values()];
		const loaded = files.reduce((sum, file) => sum + file.loaded, 0);
		const total = files.reduce((sum, file) => sum + file.total, 0);
		this.show("download", loaded, total, progress.file);
	};

	/** Tells what outside is waited for. */
	readonly wait = ({ what, milliseconds }: HubWait): void => {
		const limit = milliseconds === undefined ? "" : `, at most ${Math.ceil(milliseconds / 1000)} s`;
		this.note(printable(`waiting for ${what}${limit}`));
	};

	/** Takes one warning, as a repository tells it. */
	readonly warning = (warning: Warning): void => this.warn([warning]);

	/** Says something once, on a line of its own. */
	note(text: string): void {
		if (this.#quiet) return;
		this.end();
		this.#stream.write(`${text}\n`);
	}

	/** Shows warnings on lines of their own, each once. */
	warn(warnings: readonly Warning[]): void {
		for (const warning of warnings) {
			if (this.#warnings.has(warning.message)) continue;
			this.#warnings.set(warning.message, warning);
			this.note(`warning: ${printable(this.#flags.in(warning.message))}`);
		}
	}

	/** All that there were, also where it is to be quiet. */
	get warnings(): readonly Warning[] {
		return [...this.#warnings.values()];
	}

	/** Leaves the last bar as it is. Whatever is written afterwards is on a line of its own. */
	end(): void {
		this.#bar?.stop();
		this.#bar = undefined;
		this.#station = undefined;
	}

	#draw(station: Station, done: number, total: number, detail: string): void {
		if (this.#station !== station) {
			this.end();
			this.#bar = new SingleBar(barOptions(station, this.#stream));
			this.#bar.start(total, done, { detail });
			this.#station = station;
		}
		this.#bar!.setTotal(total);
		this.#bar!.update(done, { detail });
	}

	#write(station: Station, done: number, total: number, detail: string): void {
		const now = performance.now();
		if (this.#station !== station) this.#lastLine = now;
		this.#station = station;
		// A download is at its total after each file, until the next one begins.
		const finished = done === total && station !== "download";
		if (!finished && now - this.#lastLine < LINE_EVERY) return;
		this.#lastLine = now;
		this.#stream.write(`${station}: ${amount(station, done)} of ${amount(station, total)}${detail && `, ${detail}`}\n`);
	}
}

function barOptions(station: Station, stream: Output): Options {
	return {
		// Clears the line's rest, so that a shorter file name leaves nothing of the longer.
		format: (options, { progress, value, total, eta }, { detail }: { detail: string }) => {
			const filled = Math.round(progress * 24);
			const bar = options.barCompleteString!.slice(0, filled) + options.barIncompleteString!.slice(0, 24 - filled);
			const rest = value < total && Number.isFinite(eta) ? `  ${eta} s left` : "";
			return `${station.padEnd(10)} ${bar} ${amount(station, value)} of ${amount(station, total)}${rest}  ${detail}`;
		},
		stream,
		barCompleteChar: "█",
		barIncompleteChar: "░",
		fps: 5,
		clearOnComplete: false,
		// The interrupt is the program's to handle.
		gracefulExit: false,
		linewrap: false,
	};
}

/** Of which bytes are counted. */
const BYTES_OF: ReadonlySet<Station> = new Set(["download", "quantize", "weights"]);

function amount(station: Station, count: number): string {
	return BYTES_OF.has(station) ? bytesText(count) : String(count);
}
