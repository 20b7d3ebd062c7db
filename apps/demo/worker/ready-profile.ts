import { createHash } from "node:crypto";
import { Profile } from "@drum/pipeline";
import type { Entry, JobProgress, JobRequest } from "../api/index.ts";
import { storeFeatures } from "../store/features.ts";
import type { Store } from "../store/open-store.ts";
import { findProfile, newestProfile, readHistory, storeProfile } from "../store/profiles.ts";
import type { Claim } from "../store/work.ts";
import type { OpenModel } from "./models.ts";
import { emptyHistory, historyGone } from "./problems.ts";
import { viewOf } from "./view.ts";

export interface ReadyProfile {
	/** Of the stored profile. */
	readonly id: string;
	readonly profile: Profile;
}

export interface ProfileWork {
	readonly store: Store;
	readonly claim: Claim;
	readonly model: OpenModel;
	readonly signal: AbortSignal;
	readonly onProgress: (progress: JobProgress) => void;
}

/** As NumPy's, for the coreset's first draw. */
const SEED = 42;

/**
 * The profile of the history that a job names: the stored one where nothing has changed since, or else a new one, which grows from
 * the newest where entries were only added to that.
 */
export async function readyProfile(work: ProfileWork): Promise<ReadyProfile> {
	const { store, claim, model, signal, onProgress } = work;
	const { userId, historyId, request } = claim;
	const history = historyId === null ? undefined : await readHistory(store, userId, historyId);
	if (historyId === null || !history) throw historyGone();
	const { entries, readAt } = history;
	if (entries.length === 0) throw emptyHistory();
	const key = keyOf(entries, request, model);
	const stored = await findProfile(store, historyId, key);
	if (stored) return { id: stored.id, profile: Profile.fromBytes(stored.file) };

	const sampling = { ratio: request.ratio, size: request.size, seed: SEED };
	const options = { ...sampling, signal, onProgress };
	const old = await shorter(work, historyId, entries);
	const profile = old
		? await model.drum.extend(old, entries.slice(old.history.length), options)
		: await model.drum.profile(entries, options);
	const known = old?.history.length ?? 0;
	const { features } = profile;
	const fresh = features.data.subarray(known * features.dims[1]!);
	await storeFeatures(store, request.model, entries.slice(known), fresh, signal);
	const view = await viewOf(profile, entries, signal);
	const kept = { userId, historyId, model: request.model, key, file: profile.toBytes(), view, readAt };
	const id = await storeProfile(store, kept);
	if (id === undefined) throw historyGone();
	return { id, profile };
}

/** Tells profiles apart: all that one depends on. */
function keyOf(entries: readonly Entry[], request: JobRequest, { pipeline }: OpenModel): string {
	const { model, ratio, size } = request;
	const fingerprints = Object.entries(pipeline.encoders).map(([name, encoder]) => [name, encoder?.fingerprint]);
	const rows = entries.map(({ id, prompt, intensity }) => [id, prompt, intensity]);
	const all = { model, ratio: ratio ?? null, size: size ?? null, seed: SEED, fingerprints: fingerprints.sort(), rows };
	return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}

/** The newest profile of the history by this model, if the history has only grown since. */
async function shorter(
	{ store, claim, model }: ProfileWork,
	historyId: string,
	entries: readonly Entry[],
): Promise<Profile | undefined> {
	const stored = await newestProfile(store, historyId, claim.request.model);
	if (!stored) return undefined;
	const profile = Profile.fromBytes(stored.file);
	const grown =
		profile.history.length < entries.length &&
		profile.history.every(({ prompt, intensity }, row) => {
			const entry = entries[row]!;
			return entry.prompt === prompt && entry.intensity === intensity;
		});
	const same = Object.entries(model.pipeline.encoders).every(
		([name, encoder]) => profile.fingerprints[name] === encoder?.fingerprint,
	);
	return grown && same ? profile : undefined;
}
