import Tinypool from "tinypool";
import type { Imported } from "../read-import.ts";
import { Refusal, tooMany } from "../refusal.ts";
import type { Answer, Asked } from "./import-thread.ts";

const SCRIPT = new URL(import.meta.url.endsWith(".ts") ? "./import-thread.ts" : "./import-thread.js", import.meta.url);

/** What one file may cost. Sixteen megabytes of prompts take a second, and 150 MB of the thread's memory. */
export interface ImportBudget {
	/** Milliseconds from its turn to its items. */
	readonly ms: number;
	/** Of the thread's memory, in MiB. */
	readonly memory: number;
}

const IMPORT_BUDGET: ImportBudget = { ms: 10_000, memory: 512 };

/** Reads imported files in a thread of its own, one after the other, and of each user one at a time: the event loop stays free. */
export class ImportReader {
	readonly #budget: ImportBudget;
	readonly #pool: Tinypool;
	readonly #users = new Set<string>();
	#last: Promise<unknown> = Promise.resolve();

	constructor(budget: ImportBudget = IMPORT_BUDGET) {
		this.#budget = budget;
		this.#pool = new Tinypool({
			filename: SCRIPT.href,
			minThreads: 0,
			maxThreads: 1,
			// A thread takes half a second to begin: the next file of a user who brings several finds it there.
			idleTimeout: 60_000,
			resourceLimits: { maxOldGenerationSizeMb: budget.memory },
		});
	}

	/** @throws Refusal for a file that is not right or over the budget, and for a second one of the user while the first is read */
	async read(userId: string, asked: Asked): Promise<Imported> {
		if (this.#users.has(userId)) {
			const detail = "Files are read one after the other. Send this one again when the other is answered";
			throw tooMany("import-running", "Another file of yours is being read", detail, 2);
		}
		this.#users.add(userId);
		try {
			const answer = this.#last.then(() => this.#ask(asked));
			this.#last = answer.catch(() => {});
			const told = await answer;
			if ("problem" in told) throw Refusal.of(told.problem);
			return told;
		} finally {
			this.#users.delete(userId);
		}
	}

	async #ask(asked: Asked): Promise<Answer> {
		const late = AbortSignal.timeout(this.#budget.ms);
		try {
			// A body may be a part of memory that others share: its own bytes go to the thread.
			const bytes = new Uint8Array(asked.bytes);
			return await this.#pool.run({ ...asked, bytes }, { signal: late, transferList: [bytes.buffer] });
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (late.aborted || code === "ERR_WORKER_OUT_OF_MEMORY") throw tooCostly();
			throw error;
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#pool.destroy();
	}
}

function tooCostly(): Refusal {
	const title = "The file takes too much time or memory to read";
	return new Refusal({ status: 422, kind: "import-too-costly", title, detail: "Split it, and import the parts" });
}
