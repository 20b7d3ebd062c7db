import { NoSuchModelError, type ProviderV4 } from "@ai-sdk/provider";
import { loadOptionalSetting, withoutTrailingSlash } from "@ai-sdk/provider-utils";
import { ArgumentError, checkNames, shown } from "@drum/tensor";
import { type ImageSettings, LocalImageModel, type LocalModel } from "./local-image-model.ts";
import { ServiceImageModel } from "./service-image-model.ts";

/** Models of this process. */
export interface LocalSettings {
	/** Each by the name that `image` takes: a pipeline, or what `DrUM.attach` gives. */
	models: Readonly<Record<string, LocalModel>>;
}

/** Models of a service. */
export interface ServiceSettings {
	models?: undefined;
	/** Default: `DRUM_BASE_URL` of the environment, else `http://127.0.0.1:3000/v1`. */
	baseURL?: string | undefined;
	/** The user's token. Default: `DRUM_TOKEN` of the environment; a service on loopback asks for none. */
	apiKey?: string | undefined;
	/** Sent with each request. */
	headers?: Record<string, string> | undefined;
	/** In place of the global one. */
	fetch?: typeof globalThis.fetch | undefined;
}

/** A provider of the AI SDK, of image models alone. */
export interface DrumProvider extends ProviderV4 {
	/**
	 * A model for `generateImage`.
	 * @param settings in this process, what is no JSON: a profile
	 * @throws NoSuchModelError where it is none of this process's; of a service's models the service knows
	 */
	image(modelId: string, settings?: ImageSettings): LocalImageModel | ServiceImageModel;
	/** The same. */
	imageModel(modelId: string): LocalImageModel | ServiceImageModel;
}

/**
 * Makes the provider, in this process with `models`, else with a service.
 * @throws ArgumentError for settings that there are not
 */
export function createDrum(settings: LocalSettings | ServiceSettings = {}): DrumProvider {
	const image = settings.models ? localImages(settings) : serviceImages(settings);
	return {
		specificationVersion: "v4",
		image,
		imageModel: (modelId) => image(modelId),
		languageModel: (modelId) => none(modelId, "languageModel"),
		embeddingModel: (modelId) => none(modelId, "embeddingModel"),
	};
}

function localImages(settings: LocalSettings): DrumProvider["image"] {
	checkNames("createDrum", settings, ["models"]);
	const models = new Map(Object.entries(settings.models));
	for (const [name, model] of models) {
		if (typeof model?.generate !== "function")
			throw new ArgumentError({
				what: `model ${name}`,
				expected: "a pipeline, or DrUM attached to one",
				found: shown(model),
			});
	}
	return (modelId, own = {}) => {
		checkNames("image", own, ["profile"]);
		const model = models.get(modelId);
		if (model) return new LocalImageModel(modelId, model, own);
		const message = `No such model: ${modelId}. There are ${[...models.keys()].join(", ") || "none"}.`;
		throw new NoSuchModelError({ modelId, modelType: "imageModel", message });
	};
}

function serviceImages(settings: ServiceSettings): DrumProvider["image"] {
	checkNames("createDrum", settings, ["models", "baseURL", "apiKey", "headers", "fetch"]);
	const setting = (settingValue: string | undefined, environmentVariableName: string) =>
		loadOptionalSetting({ settingValue, environmentVariableName });
	const baseURL = setting(settings.baseURL, "DRUM_BASE_URL") ?? "http://127.0.0.1:3000/v1";
	if (!URL.canParse(baseURL))
		throw new ArgumentError({
			what: "baseURL",
			expected: "a URL such as http://127.0.0.1:3000/v1",
			found: shown(baseURL),
		});
	const headers = () => {
		const token = setting(settings.apiKey, "DRUM_TOKEN");
		return { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...settings.headers };
	};
	const service = { baseURL: withoutTrailingSlash(baseURL) ?? baseURL, headers, fetch: settings.fetch };
	return (modelId, own = {}) => {
		if (own.profile !== undefined) {
			const next = "Give providerOptions: { drum: { profile: { history } } } with the call";
			throw new ArgumentError({ what: "option profile of image", expected: "none with a service", next });
		}
		checkNames("image", own, ["profile"]);
		return new ServiceImageModel(modelId, service);
	};
}

function none(modelId: string, modelType: "languageModel" | "embeddingModel"): never {
	throw new NoSuchModelError({ modelId, modelType });
}
