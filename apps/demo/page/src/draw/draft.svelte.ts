import type { Model, NewJob, PicturesRequest } from "../../../api/index.ts";
import type { Sampling } from "../coreset/kept.ts";
import { keep, kept } from "../frame/keep.ts";
import { visit } from "../frame/session.svelte.ts";
import { histories } from "../history/histories.svelte.ts";
import type { PictureSettings } from "../pictures/picture-settings.ts";
import { beginning } from "./beginning.svelte.ts";
import { modelNamed } from "./model-named.ts";

const KEY = "model";
/** As Figure 7 of the paper goes from the prompt to the profile. */
export const STRIP: readonly number[] = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** What the next pictures shall be. Settings that are undefined are the model's own. */
class Draft {
	prompt = $state("");
	negativePrompt = $state("");
	alpha = $state(0.3);
	negativeAlpha = $state(0.3);
	/** The named profile that is drawn by, in place of the open history. */
	named = $state.raw<{ readonly id: string; readonly name: string }>();
	/** Days; none where age does not count. */
	halfLife = $state<number | null>();
	keepBy = $state<"usual" | "ratio" | "size">("usual");
	ratio = $state(0.1);
	size = $state(4);
	seedBy = $state<"random" | "fixed">("random");
	seed = $state(42);
	numInferenceSteps = $state<number>();
	guidanceScale = $state<number>();
	width = $state<number>();
	height = $state<number>();
	scheduler = $state("");
	#modelId = $state(kept(KEY));

	get model(): Model {
		return visit.models.find(({ id }) => id === this.#modelId) ?? visit.models[0]!;
	}

	get modelId(): string {
		return this.model?.id ?? "";
	}

	/** The model that was chosen in an earlier visit and is not there any more; another is chosen in its place. */
	get lostModelId(): string | undefined {
		return visit.models.some(({ id }) => id === this.#modelId) ? undefined : this.#modelId;
	}

	set modelId(id: string) {
		this.#modelId = id;
		keep(KEY, id);
		// What one model takes may be wrong for another.
		this.numInferenceSteps = this.guidanceScale = this.width = this.height = undefined;
		this.scheduler = "";
	}

	/** FLUX was distilled, and looks at no negative prompt. */
	get takesNegativePrompt(): boolean {
		return !/flux/i.test(this.model.kind);
	}

	get sampling(): Sampling {
		const share = this.keepBy === "size" ? { size: this.size } : { ratio: this.ratio };
		// A number field that is empty holds null.
		return {
			...(this.keepBy !== "usual" && share),
			...(this.halfLife && this.halfLife > 0 && { halfLife: this.halfLife }),
		};
	}

	/** The request for pictures of these degrees; without a taste only the plain one is drawn. */
	request(alphas: readonly number[]): Omit<Extract<NewJob, { kind: "pictures" }>, "image" | "mask"> {
		const { open } = histories;
		const own = !this.named && open !== undefined && histories.hasTaste;
		const personal = own || this.named !== undefined;
		const dislikes = this.named !== undefined || histories.hasDislikes;
		return {
			kind: "pictures",
			model: this.modelId,
			prompt: this.prompt.trim(),
			...(this.takesNegativePrompt && this.negativePrompt.trim() && { negativePrompt: this.negativePrompt.trim() }),
			...(own && { historyId: open.id }),
			...(this.named && { profile: this.named.id }),
			...(personal && this.sampling),
			alphas: personal ? [...new Set(alphas)] : [0],
			...(dislikes && { negativeAlpha: this.negativeAlpha }),
			// A number field that is empty holds null.
			...(this.seedBy === "fixed" && Number.isInteger(this.seed) && { seed: this.seed }),
			...given({
				numInferenceSteps: this.numInferenceSteps,
				guidanceScale: this.guidanceScale,
				width: this.width,
				height: this.height,
			}),
			...(this.scheduler && { scheduler: this.scheduler }),
		};
	}

	/** Takes an earlier request's settings, and the seed that was drawn for it. */
	reuse(request: PicturesRequest, seed: number | undefined): void {
		this.modelId = request.model;
		this.prompt = request.prompt;
		this.negativePrompt = request.negativePrompt ?? "";
		const alphas = request.alphas.filter((alpha) => alpha > 0);
		if (alphas.length === 1) this.alpha = alphas[0]!;
		if (request.negativeAlpha !== undefined) this.negativeAlpha = request.negativeAlpha;
		if (request.size !== undefined) [this.keepBy, this.size] = ["size", request.size];
		else if (request.ratio !== undefined) [this.keepBy, this.ratio] = ["ratio", request.ratio];
		else if (request.historyId !== undefined) this.keepBy = "usual";
		this.halfLife = request.halfLife;
		this.named = request.profile === undefined ? undefined : { id: request.profile, name: request.profile };
		if (request.strength !== undefined) beginning.strength = request.strength;
		this.#take(request, request.seed ?? seed);
		if (request.historyId !== undefined && histories.all.some(({ id }) => id === request.historyId))
			void histories.choose(request.historyId);
	}

	/** Takes the settings that a picture's file tells. */
	restore(settings: PictureSettings): void {
		const model = modelNamed(visit.models, settings.model);
		if (model) this.modelId = model.id;
		this.prompt = settings.prompt;
		this.negativePrompt = settings.negativePrompt;
		if (settings.alpha > 0) this.alpha = settings.alpha;
		this.#take(settings, settings.seed);
	}

	#take(
		from: {
			[Name in "numInferenceSteps" | "guidanceScale" | "width" | "height" | "scheduler"]?: PicturesRequest[Name];
		},
		seed: number | undefined,
	): void {
		if (seed !== undefined) [this.seedBy, this.seed] = ["fixed", seed];
		({
			numInferenceSteps: this.numInferenceSteps,
			guidanceScale: this.guidanceScale,
			width: this.width,
			height: this.height,
		} = from);
		this.scheduler = this.model.schedulers.includes(from.scheduler ?? "") ? from.scheduler! : "";
	}
}

/** Without the settings that were left open. */
function given<Settings extends Record<string, number | undefined>>(settings: Settings) {
	return Object.fromEntries(Object.entries(settings).filter(([, value]) => typeof value === "number")) as {
		[Name in keyof Settings]?: number;
	};
}

export const draft = new Draft();
