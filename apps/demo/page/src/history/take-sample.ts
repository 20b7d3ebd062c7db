import type { Sample } from "../../../api/index.ts";
import { draft } from "../draw/draft.svelte.ts";
import { visit } from "../frame/session.svelte.ts";
import { histories } from "./histories.svelte.ts";

/**
 * Makes a made-up user's history, and puts a prompt there that shows the taste, unless something else is written.
 * @param name of the new history; without one, the history that has the sample's name is opened where there is one
 */
export async function takeSample(sample: Sample, name?: string): Promise<boolean> {
	const there = name === undefined ? histories.all.find((each) => each.name === sample.name) : undefined;
	const taken = await (there ? histories.choose(there.id) : histories.create(name ?? sample.name, sample.items));
	if (taken) suggest(sample);
	return taken;
}

/** The samples are of the model that comes with the project. */
const TINY = "@drum/tiny";

function suggest({ example }: Sample): void {
	const untouched = ["", ...visit.samples.map((each) => each.example.prompt)].includes(draft.prompt.trim());
	if (!untouched || draft.model.source !== TINY) return;
	draft.prompt = example.prompt;
	draft.alpha = example.alpha;
	[draft.seedBy, draft.seed] = ["fixed", example.seed];
}
