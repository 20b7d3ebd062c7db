import { Profile } from "@drum/pipelines-sd";
import { makeUsers, type User } from "@drum/tiny";
import { TasteCaptions } from "../taste-captions.ts";
import type { Bench, Score } from "./bench.ts";

/** Own prompts of a new user that are measured. */
const OWN_PROMPTS = [1, 2, 4] as const;
/** How many known users a blend takes beside them, those whose references are most like the own prompts. */
const LIKE_THEM = 3;
/** Their profiles' weight together, beside 1 for the own prompts. */
const THEIRS = 1;

export const BEGINNING_ROWS = [
	"prompt as it is",
	...OWN_PROMPTS.flatMap((count) => [`${count} own, alone`, `${count} own, blended with known users`]),
	"the whole history",
] as const;

interface Options {
	users: number;
	/** Users whose profiles are there already. */
	known: number;
	seed: number;
	signal?: AbortSignal | undefined;
}

/** New users with their first prompts alone, and blended with known users; scored against all that they like. */
export async function measureBeginnings(
	bench: Bench,
	{ users, known: count, seed, signal }: Options,
): Promise<Map<string, Score[]>> {
	const rows = new Map<string, Score[]>(BEGINNING_ROWS.map((name) => [name, []]));
	const all = makeUsers(users + count, seed);
	const known: Profile[] = [];
	for (const user of all.slice(users)) known.push(await bench.models.drum.profile(likesOf(user)));
	for (const user of all.slice(0, users)) {
		signal?.throwIfAborted();
		const profiles: (Profile | undefined)[] = [undefined];
		for (const count of OWN_PROMPTS) {
			const own = await bench.models.drum.profile(likesOf(user).slice(0, count));
			const alike = known.map((profile) => ({ profile, likeness: likeness(own, profile) }));
			const nearest = alike.sort((a, b) => b.likeness - a.likeness).slice(0, LIKE_THEM);
			const theirs = nearest.map(({ profile }) => ({ profile, weight: THEIRS / LIKE_THEM }));
			profiles.push(own, await Profile.blend([{ profile: own }, ...theirs]));
		}
		profiles.push(await bench.models.drum.profile(likesOf(user)));
		for (const [i, profile] of profiles.entries())
			rows.get(BEGINNING_ROWS[i]!)!.push(await scoreUser(bench, user, profile));
	}
	return rows;
}

export function likesOf({ history }: User) {
	return history.map(({ prompt, intensity }) => ({ prompt, intensity }));
}

/** Pictures of a user's targets by a profile; `shown` is of their tastes. */
export async function scoreUser(
	bench: Bench,
	user: User,
	profile: Profile | undefined,
	history: ReturnType<typeof likesOf> = likesOf(user),
): Promise<Score> {
	const targets = user.targets.map(({ prompt }) => prompt);
	const captions = await Promise.all(
		user.targets.map(({ told }) =>
			Promise.all(user.tastes.map((taste) => TasteCaptions.of(bench.models.text, told, taste))),
		),
	);
	const pictures = await bench.draw(targets, { seed: user.number, each: 1, ...(profile && { profile }) });
	return bench.score(pictures, { targets, history }, (target, own) =>
		captions[target]!.flatMap((each) => each.shownBy(own)),
	);
}

/** The mean cosine of two profiles' references. */
function likeness(a: Profile, b: Profile): number {
	let sum = 0;
	for (const row of a.coreset) for (const other of b.coreset) sum += cosine(feature(a, row), feature(b, other));
	return sum / (a.coreset.length * b.coreset.length);
}

function feature({ features }: Profile, row: number): Float32Array {
	const width = features.dims[1]!;
	return features.data.subarray(row * width, (row + 1) * width);
}

function cosine(a: Float32Array, b: Float32Array): number {
	let dot = 0;
	for (const [i, value] of a.entries()) dot += value * b[i]!;
	return dot / (Math.hypot(...a) * Math.hypot(...b));
}
