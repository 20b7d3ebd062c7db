export interface Notice {
	id: number;
	text: string;
	detail: string | undefined;
	tone: "plain" | "bad";
	/** Until it is closed. */
	stays: boolean;
	action: { label: string; run: () => void } | undefined;
	/** Runs once when the notice goes without its action. */
	ended: ((leaving: boolean) => Promise<void>) | undefined;
}

type Extra = Partial<Pick<Notice, "detail" | "tone" | "stays" | "action" | "ended">>;

const SHOWN_FOR = 8000;

/** Short messages, some with a way back. What went wrong, and what is to be known, stays until it is closed. */
class Notices {
	all = $state<Notice[]>([]);
	passing = $derived(this.all.filter(({ stays }) => !stays));
	staying = $derived(this.all.filter(({ stays }) => stays));
	/** Set while a pointer or the focus is on them, so that nothing goes away under it. */
	held = $state(false);
	#timers = new Map<number, ReturnType<typeof setTimeout>>();
	#next = 0;

	constructor() {
		addEventListener("pagehide", () => void this.settle(true));
	}

	/** Newer notices have at least this number. */
	get next(): number {
		return this.#next;
	}

	show(text: string, { detail, tone = "plain", action, ended, stays = tone === "bad" }: Extra = {}): void {
		// Told twice, it is one still.
		if (stays) this.all = this.all.filter((each) => each.text !== text || each.detail !== detail);
		const id = this.#next++;
		this.all.push({ id, text, detail, tone, stays, action, ended });
		if (stays) return;
		this.#timers.set(
			id,
			setTimeout(() => this.#expire(id), SHOWN_FOR),
		);
	}

	/** Does something that can be taken back for as long as the notice shows: `commit` runs after it, or `undo` in its place. */
	undoable(text: string, commit: (leaving: boolean) => Promise<void>, undo: () => void): void {
		this.show(text, { action: { label: "Undo", run: undo }, ended: commit });
	}

	act(notice: Notice): void {
		this.#remove(notice.id);
		notice.action?.run();
	}

	dismiss(notice: Notice): Promise<void> {
		this.#remove(notice.id);
		return notice.ended?.(false) ?? Promise.resolve();
	}

	/** Ends all that could still be taken back: before the service works with it, or when the page goes. */
	async settle(leaving = false): Promise<void> {
		const open = this.all.filter(({ ended }) => ended);
		for (const { id } of open) this.#remove(id);
		await Promise.all(open.map(({ ended }) => ended?.(leaving)));
	}

	#expire(id: number): void {
		if (this.held) {
			this.#timers.set(
				id,
				setTimeout(() => this.#expire(id), SHOWN_FOR / 4),
			);
			return;
		}
		const notice = this.all.find((each) => each.id === id);
		if (notice) void this.dismiss(notice);
	}

	#remove(id: number): void {
		clearTimeout(this.#timers.get(id));
		this.#timers.delete(id);
		this.all = this.all.filter((each) => each.id !== id);
	}
}

export const notices = new Notices();
