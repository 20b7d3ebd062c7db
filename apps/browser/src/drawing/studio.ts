import type { JobProgress, Model, PicturesRequest, Warning } from "@drum/demo/api";
import { anatomyOf, askedOf, viewFrom } from "@drum/demo/worker/anatomy";
import { dislikesOf, drawingOptions, stepReports } from "@drum/demo/worker/drawing-options";
import { CutRows } from "@drum/peca";
import { type DiffusionPipeline, type DrUM, encodePng, type GenerateOptions, Profile } from "@drum/pipeline";
import { base64Of } from "./base64.ts";
import type { MadeProfile, News, Order } from "./messages.ts";
import { openInputs } from "./open-inputs.ts";

export interface OpenModel {
	readonly pipeline: DiffusionPipeline;
	readonly drum: DrUM;
}

/** As NumPy's, for the coreset's first draw. */
const SEED = 42;
/** Profiles that stay in memory. */
const KEPT = 4;

/** Makes profiles and pictures with one model. */
export class Studio {
	readonly #model: OpenModel;
	readonly #card: Model;
	/** Those used last, by what they were made of. */
	readonly #profiles = new Map<string, Profile>();

	constructor(model: OpenModel, card: Model) {
		this.#model = model;
		this.#card = card;
	}

	/** history → profile, and for an order that draws, profile → pictures. @throws what the library throws, or the signal's reason. */
	async work(order: Order, signal: AbortSignal, tell: (news: News) => void): Promise<void> {
		const { request, steering, blend = [] } = order;
		const profile = steering
			? await this.#profile(order, steering, signal, tell)
			: blend.length > 0
				? await this.#blended(order, blend, signal, tell)
				: undefined;
		if (request.kind === "pictures") await this.#draw(order, request, profile, signal, tell);
	}

	/** The profile of a named one: of its history, or the blend of several. */
	async #blended(
		order: Order,
		parts: NonNullable<Order["blend"]>,
		signal: AbortSignal,
		tell: (news: News) => void,
	): Promise<Profile> {
		const profiles: { profile: Profile; weight: number }[] = [];
		// The job shows no coreset of its own.
		const progressAlone = (news: News) => "progress" in news && tell(news);
		for (const { entries, weight } of parts)
			profiles.push({ profile: await this.#profile(order, { entries }, signal, progressAlone), weight });
		return profiles.length === 1 ? profiles[0]!.profile : Profile.blend(profiles, { signal });
	}

	async #profile(
		{ request: { ratio, size, halfLife } }: Order,
		{ entries, known }: NonNullable<Order["steering"]>,
		signal: AbortSignal,
		tell: (news: News) => void,
	): Promise<Profile> {
		const key = JSON.stringify([entries, ratio, size, halfLife]);
		const kept =
			this.#profiles.get(key) ?? (known && Profile.fromBytes(new Uint8Array(await known.file.arrayBuffer())));
		const onProgress = (progress: JobProgress) => tell({ progress });
		const profile =
			kept ??
			(await this.#model.drum.profile(entries, {
				...{ ratio, size, halfLife, seed: SEED, signal, onProgress },
			}));
		this.#profiles.delete(key);
		this.#profiles.set(key, profile);
		if (this.#profiles.size > KEPT) this.#profiles.delete(this.#profiles.keys().next().value!);
		if (!known) tell({ profile: await this.#shown(profile, entries) });
		return profile;
	}

	async #shown(profile: Profile, entries: NonNullable<Order["steering"]>["entries"]): Promise<MadeProfile> {
		const cut = new CutRows(this.#model.pipeline.encoders);
		cut.look(
			entries.map(({ prompt }) => prompt),
			0,
		);
		return {
			...viewFrom(await anatomyOf(askedOf(profile)), entries),
			features: profile.features.data,
			// Whole, so that one that is read again draws the very same pictures.
			file: new Blob([profile.toBytes({ dtype: "float32" }) as Uint8Array<ArrayBuffer>]),
			warnings: [...cut.warnings],
		};
	}

	/** A picture for each degree of personalization, each told as soon as it is there. */
	async #draw(
		order: Order,
		request: PicturesRequest,
		profile: Profile | undefined,
		signal: AbortSignal,
		tell: (news: News) => void,
	): Promise<void> {
		const { pipeline, drum } = this.#model;
		const given = await openInputs(order.inputs);
		const reports = {
			progress: (progress: JobProgress) => tell({ progress }),
			preview: async (
				place: number,
				step: number,
				total: number,
				image: { width: number; height: number; data: Uint8Array },
			) =>
				tell({ preview: { place, step, total, image: `data:image/png;base64,${base64Of(await encodePng(image))}` } }),
		};
		for (const [place, alpha] of request.alphas.entries()) {
			signal.throwIfAborted();
			const options: GenerateOptions = {
				...drawingOptions(request, this.#card.defaults),
				...given,
				seed: request.seed ?? order.seed,
				signal,
				onStep: stepReports(place, reports, pipeline.previewVae !== undefined),
			};
			const { images, warnings } = await drum.generate(
				request.prompt,
				alpha > 0 ? { ...options, profile, alpha, ...dislikesOf(profile, request) } : options,
			);
			const { width, height } = images[0]!;
			const [file, whole] = await Promise.all(
				(["shareable", "full"] as const).map(
					async (parameters) =>
						new Blob([(await images[0]!.toPng({ parameters })) as Uint8Array<ArrayBuffer>], { type: "image/png" }),
				),
			);
			const found: Warning[] = [...pipeline.warnings, ...warnings];
			tell({ picture: { place, alpha, width, height, file: file!, whole: whole!, warnings: found } });
		}
	}
}
