import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { CutRows } from "@drum/peca";
import { Profile, type TextEncoder } from "@drum/pipeline";
import type { Entry, JobProgress, JobRequest, Warning } from "../api/index.ts";
import { storeFeatures } from "../store/features.ts";
import type { Store } from "../store/open-store.ts";
import { readProfileFile, storeProfileFile } from "../store/profile-files.ts";
import { findProfile, newestProfile, type ReadHistory, readHistory, storeProfile } from "../store/profiles.ts";
import type { Claim } from "../store/work.ts";
import type { OpenModel } from "./models.ts";
import { emptyHistory, historyGone } from "./problems.ts";
import type { ProfileMemory } from "./profile-memory.ts";
import { checkProfileSize } from "./profile-size.ts";
import { viewOf } from "./view.ts";

export interface ProfileWork {
	readonly store: Store;
	readonly claim: Claim;
	readonly model: OpenModel;
	readonly memory: ProfileMemory;
	readonly signal: AbortSignal;
	readonly onProgress: (progress: JobProgress) => void;
	/** Told the profile's id as soon as it can be looked at. */
	readonly onStored: (id: string) => Promise<void>;
}

/** As NumPy's, for the coreset's first draw. */
const SEED = 42;

/**
 * The profile of the history that a job names: the stored one where nothing has changed since, or else a new one, which grows from
 * the newest where entries were only added to that. Where a prompt is removed meanwhile, it is made again without.
 */
export async function readyProfile(work: ProfileWork): Promise<Profile> {
	for (;;) {
		const profile = await profileNow(work);
		if (profile) return profile;
		work.signal.throwIfAborted();
	}
}

/** Of the history as it is now; undefined where a prompt was removed while it was made. */
async function profileNow(work: ProfileWork): Promise<Profile | undefined> {
	const { store, claim, model, memory, signal, onStored } = work;
	const { userId, historyId, request } = claim;
	const history = historyId === null ? undefined : await readHistory(store, userId, historyId);
	if (historyId === null || !history) throw historyGone();
	const { entries } = history;
	if (entries.length === 0) throw emptyHistory();
	checkProfileSize(model.pipeline, entries, request);
	const key = keyOf(entries, request, model);
	const known = await findProfile(store, historyId, key);
	const stored = known && (await memory.get(known, () => load(store, known, signal)));
	if (known && stored) {
		await onStored(known);
		return stored;
	}
	const profile = await make(work, historyId, entries);
	const id = known ?? (await show(work, profile, { historyId, key, ...history }));
	if (id === undefined) return undefined;
	await onStored(id);
	// Whole, so that one that is read again draws the very same pictures.
	if (!claim.passing) await storeProfileFile(store, id, profile.toBytes({ dtype: "float32" }), signal);
	memory.put(id, profile);
	return profile;
}

/** history → embeddings → coreset → profile; the embeddings are kept. */
async function make(work: ProfileWork, historyId: string, entries: readonly Entry[]): Promise<Profile> {
	const { store, claim, model, signal, onProgress } = work;
	const { ratio, size, halfLife = Number.POSITIVE_INFINITY, model: modelId } = claim.request;
	const options = { ratio, size, halfLife, seed: SEED, signal, onProgress };
	const old = await shorter(work, historyId, entries);
	const known = old?.history.length ?? 0;
	const profile = old
		? await model.drum.extend(old, entries.slice(known), options)
		: await model.drum.profile(entries, options);
	const { data, dims } = profile.features;
	await storeFeatures(store, modelId, entries.slice(known), data.subarray(known * dims[1]!), signal);
	return profile;
}

/** Keeps what is shown of a new profile, and gives its id; undefined where a prompt of it was removed meanwhile. */
async function show(
	{ store, claim, model, signal }: ProfileWork,
	profile: Profile,
	{ historyId, key, entries, ...read }: { historyId: string; key: string } & ReadHistory,
): Promise<string | undefined> {
	const { userId, request } = claim;
	const view = await viewOf(profile, entries, signal);
	const warnings = await warningsOf(model, entries, signal);
	const made = { userId, historyId, model: request.model, key, view, warnings, ...read };
	const stored = await storeProfile(store, made);
	if (stored === "no history") throw historyGone();
	return stored === "removed" ? undefined : stored.id;
}

/** Prompts that are looked at between two turns of the event loop. */
const SLICE = 64;

/** Of the whole history: those of a profile that has grown are of what was added alone. */
async function warningsOf({ pipeline }: OpenModel, entries: readonly Entry[], signal: AbortSignal): Promise<Warning[]> {
	const cut = new CutRows(pipeline.encoders);
	for (let from = 0; from < entries.length; from += SLICE) {
		signal.throwIfAborted();
		const prompts = entries.slice(from, from + SLICE).map(({ prompt }) => prompt);
		cut.look(prompts, from);
		await setImmediate();
	}
	return cut.warnings;
}

async function load(store: Store, id: string, signal: AbortSignal): Promise<Profile | undefined> {
	const file = await readProfileFile(store, id, signal);
	return file && Profile.fromBytes(file);
}

/** The newest profile of the history by this model, if the history has only grown since. */
async function shorter(
	{ store, claim, model, memory, signal }: ProfileWork,
	historyId: string,
	entries: readonly Entry[],
): Promise<Profile | undefined> {
	const newest = await newestProfile(store, historyId, claim.request.model);
	const isPrefix =
		newest &&
		newest.entries.length < entries.length &&
		newest.entries.every(({ id, prompt, intensity }, row) => {
			const entry = entries[row]!;
			return entry.id === id && entry.prompt === prompt && entry.intensity === intensity;
		});
	if (!isPrefix) return undefined;
	const profile = await memory.get(newest.id, () => load(store, newest.id, signal));
	// Of an older one it is not kept when its prompts were asked for.
	if (claim.request.halfLife !== undefined && profile?.history.some(({ at }) => at === undefined)) return undefined;
	const sameEncoders = Object.entries(model.pipeline.encodersOf({})).every(
		([name, encoder]) => profile?.fingerprints[name] === printOf(encoder, newest.entries),
	);
	return sameEncoders ? profile : undefined;
}

/** Of an encoder, without learned tokens that none of these prompts has. */
function printOf(encoder: TextEncoder, entries: readonly { prompt: string }[]): string {
	return encoder.fingerprintOf?.(entries.map(({ prompt }) => prompt)) ?? encoder.fingerprint;
}

/** Tells profiles apart: all that one depends on. */
function keyOf(
	entries: readonly Entry[],
	{ model, ratio, size, halfLife }: JobRequest,
	{ pipeline }: OpenModel,
): string {
	// Under the service's LoRAs, which profiles belong to.
	const fingerprints = Object.entries(pipeline.encodersOf({})).map(([name, encoder]) => [
		name,
		printOf(encoder, entries),
	]);
	const rows = entries.map(({ id, prompt, intensity }) => [id, prompt, intensity]);
	const share = { ratio: ratio ?? null, size: size ?? null, ...(halfLife !== undefined && { halfLife }) };
	const all = { model, ...share, seed: SEED, fingerprints: fingerprints.sort(), rows };
	return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}
