import { draft } from "@drum/demo/page/draft";
import { asFailure, type Failure } from "@drum/demo/page/failure";
import { keep, kept } from "@drum/demo/page/keep";
import { notices } from "@drum/demo/page/notices";
import { visit } from "@drum/demo/page/visit";
import { Cancelled, type Fetcher } from "../drawing/thread.ts";
import type { ModelExtent } from "./extent.ts";
import { HUB, type LargerModel, SD_TURBO } from "./larger-model.ts";
import type { TriedGpu } from "./try-gpu.ts";

let fetcher: Fetcher;

/** Sets what fetches models: to be called before the page is mounted. */
export function fetchBy(by: Fetcher): void {
	fetcher = by;
}

const KEY = "hub";

/** A larger model as the page offers it: tried for this device, its sizes told, then fetched once the visitor says so. */
class Offer {
	readonly model: LargerModel;
	trial = $state.raw<TriedGpu>();
	extent = $state.raw<ModelExtent>();
	failure = $state.raw<Failure>();
	/** Bytes, while it is fetched. */
	progress = $state.raw<{ done: number; total: number }>();
	/** What is waited for meanwhile. */
	waiting = $state<string>();
	/** Whether the visitor takes float32, where half precision is not right. */
	float32 = $state(false);
	hub = $state(kept(KEY) ?? HUB);
	#stop: AbortController | undefined;

	constructor(model: LargerModel) {
		this.model = model;
	}

	/** Whether all of it is here, so that it is among the models. */
	get isHere(): boolean {
		return visit.models.some(({ id }) => id === this.model.id);
	}

	/** Why it is not offered, in a sentence. */
	get refusal(): string | undefined {
		const { refused, float16Refused } = this.trial ?? {};
		if (refused) return `Not offered on this device: ${refused}.`;
		if (!float16Refused || this.float32) return undefined;
		return `Not offered on this graphics processor: ${float16Refused}.`;
	}

	get memory(): number | undefined {
		return this.trial?.float16Refused ? this.extent?.memory.float32 : this.extent?.memory.float16;
	}

	/** Bytes that are missing in the browser's storage. */
	get lacking(): number {
		const { size, kept, room } = this.extent ?? { size: 0, kept: 0, room: undefined };
		return room === undefined ? 0 : Math.max(0, size - kept - room);
	}

	/** Tries the device, then asks how large the model is: of one that is here, nobody is asked. */
	look(): Promise<void> {
		return this.#tell(async () => {
			if (this.isHere) {
				this.extent = await fetcher.extent(this.model.id);
				return;
			}
			this.trial ??= await fetcher.tryGpu();
			if (this.refusal === undefined) this.extent = await fetcher.extent(this.model.id, this.hub);
		});
	}

	/** Takes another hub, a mirror say. */
	async change(hub: string): Promise<void> {
		this.hub = hub.trim() || HUB;
		keep(KEY, this.hub === HUB ? undefined : this.hub);
		this.extent = undefined;
		await this.look();
	}

	bring(): Promise<void> {
		return this.#tell(async () => {
			const stop = new AbortController();
			this.#stop = stop;
			const { size, kept } = this.extent!;
			this.progress = { done: kept, total: size };
			// Else the browser may delete it when the disk runs short. What it answers changes nothing here.
			await navigator.storage?.persist?.().catch(() => {});
			try {
				await fetcher.bring(this.model.id, this.hub, stop.signal, (news) => {
					if ("waiting" in news) this.waiting = news.waiting;
					else [this.progress, this.waiting] = [news, undefined];
				});
				await visit.renewModels();
				this.use();
				notices.show(`${this.model.name} is here, and chosen.`);
			} catch (error) {
				if (!(error instanceof Cancelled)) throw error;
			} finally {
				this.progress = this.waiting = undefined;
				this.extent = await fetcher.extent(this.model.id).catch(() => undefined);
			}
		});
	}

	cancel(): void {
		this.#stop?.abort();
	}

	use(): void {
		draft.modelId = this.model.id;
	}

	remove(): Promise<void> {
		return this.#tell(async () => {
			await fetcher.remove(this.model.id);
			await visit.renewModels();
			this.extent = undefined;
			await this.look();
		});
	}

	async #tell(work: () => Promise<void>): Promise<void> {
		this.failure = undefined;
		try {
			await work();
		} catch (error) {
			this.failure = asFailure(error);
		}
	}
}

export const offer = new Offer(SD_TURBO);

/** Tells of a model that was chosen in an earlier visit and is gone. */
export function tellOfLoss(): void {
	const { id, name } = offer.model;
	if (draft.lostModelId !== id) return;
	notices.show(`${name} is not here any more`, {
		detail: "The browser has deleted its files, or it was removed in another tab. The small model is chosen.",
		stays: true,
	});
	const { modelId } = draft;
	draft.modelId = modelId;
}
