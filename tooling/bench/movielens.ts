import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { coreset } from "../../packages/coreset/src/index.ts";
import { CLIPTextEncoder } from "../../packages/encoders-clip/src/index.ts";
import { readMovieLens } from "../../packages/eval/src/index.ts";
import { RememberingEncoder } from "../../packages/eval-runs/src/index.ts";
import { MIXES, makeProfile } from "../../packages/peca/src/index.ts";

// Profiles of MovieLens's users, as a run of the paper's evaluation makes them, without a denoiser:
// tsx --conditions=@drum/source tooling/bench/movielens.ts MOVIELENS CLIP

const { positionals, values } = parseArgs({ allowPositionals: true, options: { users: { type: "string" } } });
const [folder, clip] = positionals;
if (!folder || !clip) throw new Error("usage: movielens.ts MOVIELENS CLIP [--users N]");

const now = () => performance.now() / 1000;
const start = now();
const users = (await readMovieLens(folder)).slice(0, Number(values.users ?? 610));
const read = now() - start;
const encoder = new RememberingEncoder(await CLIPTextEncoder.fromPretrained(clip));

let [embeddings, sampling, profiles] = [0, 0, 0];
let [entries, kept] = [0, 0];
const shares: number[] = [];
const seen = new Set<string>();
for (const [i, { history }] of users.entries()) {
	const prompts = history.map(({ prompt }) => prompt);
	for (const prompt of prompts) seen.add(prompt);
	const before = now();
	const features = await encoder.features(prompts);
	const embedded = now();
	const picks = await coreset(features, { ratio: 0.1 });
	const picked = now();
	const references = picks.map((row) => history[row]!);
	const profile = await makeProfile(MIXES.sd1, { L: encoder }, references, { ratio: 1 });
	profiles += now() - picked;
	sampling += picked - embedded;
	embeddings += embedded - before;
	entries += history.length;
	kept += profile.coreset.length;
	shares.push(profile.coreset.length / history.length);
	if (i % 20 === 0)
		console.error(`${i + 1} of ${users.length} users, ${Math.round(now() - start)} s, ${seen.size} prompts`);
}
const sorted = shares.toSorted((a, b) => a - b);
const peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1e6;
console.log(
	JSON.stringify(
		{
			...{ users: users.length, entries, films: seen.size, kept, keptShare: kept / entries },
			shareOfUsers: { least: sorted[0], median: sorted[sorted.length >> 1], most: sorted.at(-1) },
			seconds: { read, embeddings, sampling, profiles, all: now() - start },
			...{ peakGB: peak, loaded: readFileSync("/proc/loadavg", "utf8").trim() },
		},
		undefined,
		"\t",
	),
);
