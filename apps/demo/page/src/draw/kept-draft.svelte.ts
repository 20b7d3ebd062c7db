import { keepHere, keptHere } from "../frame/keep.ts";
import { visit } from "../frame/session.svelte.ts";
import { draft } from "./draft.svelte.ts";

/** What of a draft is kept. */
const WRITTEN = [
	...(["prompt", "negativePrompt", "alpha", "negativeAlpha", "keepBy", "ratio", "size", "seedBy", "seed"] as const),
	...(["numInferenceSteps", "guidanceScale", "width", "height", "scheduler"] as const),
] as const;
/** What holds for one model alone. */
const OF_MODEL: readonly string[] = ["numInferenceSteps", "guidanceScale", "width", "height", "scheduler"];
const PAUSE = 200;

/** Begins with what this user has written before, and keeps what is written from now on: call it from a component. */
export function resumeDraft(): void {
	const key = `draft ${visit.session?.user.id}`;
	let kept = true;
	Object.assign(draft, writtenIn(keptHere(key)));
	// This browser's next user need not see it.
	visit.whenLeaving(() => {
		kept = false;
		keepHere(key, undefined);
	});
	$effect(() => {
		// Settings that are undefined stay out, and are the model's own again.
		const written = Object.fromEntries(WRITTEN.map((name) => [name, draft[name]]));
		const text = JSON.stringify({ ...written, modelId: draft.modelId });
		const save = () => kept && keepHere(key, text);
		const timer = setTimeout(save, PAUSE);
		addEventListener("pagehide", save);
		return () => {
			clearTimeout(timer);
			removeEventListener("pagehide", save);
		};
	});
}

/** A kept draft's fields, each of its kind; what held for another model is left out. */
function writtenIn(text: string | undefined): object {
	const { modelId, ...written } = parsed(text);
	const fields = Object.entries(written).filter(([name, value]) => {
		const known = WRITTEN.find((each) => each === name);
		if (!known || (OF_MODEL.includes(name) && modelId !== draft.modelId)) return false;
		return typeof value === typeof (draft[known] ?? 0);
	});
	return Object.fromEntries(fields);
}

function parsed(text: string | undefined): Record<string, unknown> {
	try {
		return JSON.parse(text ?? "{}");
	} catch {
		return {};
	}
}
