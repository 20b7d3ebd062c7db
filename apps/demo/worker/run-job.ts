import { JobRequest } from "../api/index.ts";
import type { Store } from "../store/open-store.ts";
import { addWarnings, warningsOfProfile } from "../store/warnings.ts";
import type { Claim } from "../store/work.ts";
import { drawPictures } from "./draw-pictures.ts";
import { endWith } from "./end-with.ts";
import type { Models } from "./models.ts";
import { namedProfile } from "./named-profile.ts";
import { jobDamaged, tookTooLong } from "./problems.ts";
import type { ProfileMemory } from "./profile-memory.ts";
import { readyProfile } from "./ready-profile.ts";
import type { Reports } from "./reports.ts";

export interface JobRun {
	readonly store: Store;
	readonly models: Pick<Models, "get" | "use">;
	readonly memory: ProfileMemory;
	readonly claim: Claim;
	readonly reports: Reports;
	readonly signal: AbortSignal;
	/** What it may take once its model is there. */
	readonly minutes: number;
	/** Ends what the model is at, when the signal alone does not. */
	readonly endRun: () => void;
}

/** history → profile, and for a job that draws, profile → pictures. @throws what is wrong, or the signal's reason. */
export async function runJob({
	store,
	models,
	memory,
	claim,
	reports,
	signal: taken,
	minutes,
	endRun,
}: JobRun): Promise<void> {
	const { request } = claim;
	if (!JobRequest.safeParse(request).success) throw jobDamaged();
	const { defaults } = models.get(request.model);
	const onDownload = (done: number, total: number) => reports.progress({ station: "download", done, total });
	await models.use(request.model, { signal: taken, onDownload }, async (model) => {
		const late = AbortSignal.timeout(minutes * 60_000);
		const signal = AbortSignal.any([taken, late]);
		const onProgress = reports.progress.bind(reports);
		const onStored = (id: string) =>
			reports.write(
				{ profile_id: id },
				{
					beside: async (transaction) => {
						const ofProfile = await warningsOfProfile(transaction, id);
						await addWarnings(transaction, claim.jobId, [...model.warnings, ...ofProfile]);
					},
				},
			);
		const work = { store, claim, model, memory, signal, onProgress, onStored };
		using _ = endWith(signal, endRun);
		try {
			const named =
				request.kind === "pictures" && request.profile ? await namedProfile(work, request.profile) : undefined;
			const profile = request.historyId === undefined ? named?.profile : await readyProfile(work);
			const discreet = claim.passing || (named?.foreign ?? false);
			if (request.kind === "pictures")
				await drawPictures({ store, claim, model, defaults, reports, signal, discreet }, request, profile);
		} catch (error) {
			if (signal.reason === late.reason && late.aborted) throw tookTooLong(minutes);
			throw error;
		}
	});
}
