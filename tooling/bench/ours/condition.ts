// Personalised conditions on this side: condition.ts FOLDER THREADS float32|int8 condition
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DrUM, StableDiffusion } from "../../../packages/pipelines-sd/src/index.ts";
import { folder, kind, serve, threads } from "./serve.ts";

const { target, others, history } = JSON.parse(readFileSync(join(folder, "inputs/prompts.json"), "utf8")) as Prompts;
interface Prompts {
	target: string;
	/** Targets for a profile that is ready. */
	others: string[];
	history: string[];
}

const sd15 = join(folder, "sd15");
const sd = await StableDiffusion.fromPretrained(sd15, { threads, dtype: kind as "float32" | "int8" });
const drum = await DrUM.attach(sd, { adapters: join(sd15, "adapters") });
const profiles = new Map<string, Awaited<ReturnType<typeof drum.profile>>>();
let next = 0;

/** `30` is a condition of so many references from scratch, `30 ready` one of a profile that was used before. */
await serve(async (name) => {
	const [count, ready] = name.split(" ");
	const profile = (ready && profiles.get(name)) || (await profileOf(Number(count)));
	profiles.set(name, profile);
	const prompt = ready ? others[next++ % others.length]! : target;
	const { promptEmbeds } = await drum.condition(prompt, { profile });
	return ready ? undefined : promptEmbeds;
});

function profileOf(count: number) {
	const items = history.slice(0, count).map((prompt) => ({ prompt }));
	return drum.profile(items, { ratio: 1 });
}
