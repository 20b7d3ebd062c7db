import { encodePng } from "@drum/pipeline";
import type { Warning } from "../../api/index.ts";
import type { Store } from "../../store/open-store.ts";
import { storePicture } from "../../store/pictures.ts";
import { addWarnings } from "../../store/warnings.ts";
import { type Change, type Claim, claimJob, type WriteOptions, writeClaimed } from "../../store/work.ts";

/** Begins a job as a worker does. */
export async function begin(store: Store, jobId: string): Promise<Claim> {
	const claim = await claimJob(store, jobId);
	if (!claim) throw new Error(`job ${jobId} cannot be begun`);
	return claim;
}

/** Tells a step and a preview of `bytes` bytes, as a worker does. */
export function step(store: Store, claim: Claim, done: number, bytes = 10): Promise<boolean> {
	const change: Change = {
		progress: JSON.stringify({ station: "steps", done, total: 1000, picture: 0 }),
		preview: new Uint8Array(bytes),
		preview_of: JSON.stringify({ place: 0, step: done, total: 1000 }),
	};
	return writeClaimed(store, claim, change);
}

export function finish(store: Store, claim: Claim): Promise<boolean> {
	return writeClaimed(store, claim, { status: "done", progress: null, preview: null, preview_of: null });
}

export const PIXEL = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
/** As a worker stores it, with all that there is to tell. */
const PNG = await encodePng(
	PIXEL,
	{ prompt: "a star", references: [{ prompt: "a red dot", intensity: 3 }], model: "/srv/models/sd1" },
	{ parameters: "full" },
);

export async function draw(store: Store, claim: Claim, warnings: Warning[] = []): Promise<void> {
	const picture = { place: 0, alpha: 0.3, seed: 4_000_000_000, width: 64, height: 64, png: PNG };
	const beside: WriteOptions["beside"] = async (transaction) => {
		await storePicture(store, transaction, claim, picture);
		await addWarnings(transaction, claim.jobId, warnings);
	};
	await writeClaimed(store, claim, {}, { beside });
}
