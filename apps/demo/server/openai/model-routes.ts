import * as z from "zod";
import type { Model } from "../../api/index.ts";
import { Refusal } from "../refusal.ts";
import type { App, Service } from "../service.ts";
import { openAIErrors } from "./openai-error.ts";

const OpenAIModel = z.object({
	id: z.string(),
	object: z.literal("model"),
	/** Seconds since 1970; not known here, and 0. */
	created: z.int(),
	owned_by: z.string(),
});
const ModelList = z.object({ object: z.literal("list"), data: z.array(OpenAIModel) });

/** `GET /v1/models` and `GET /v1/models/{model}`. */
export function openAIModelRoutes(app: App, service: Service): void {
	app.get("/models", { schema: { response: { 200: ModelList, ...openAIErrors() } } }, async () => ({
		object: "list" as const,
		data: [...service.models.values()].map(describe),
	}));

	app.get(
		"/models/:model",
		{
			schema: { params: z.object({ model: z.string().max(200) }), response: { 200: OpenAIModel, ...openAIErrors() } },
		},
		async ({ params }) => describe(modelOf(service, params.model)),
	);
}

/** @param id default: the first model of the service. @throws Refusal as OpenAI's for a model that there is not */
export function modelOf({ models }: Service, id: string | undefined): Model {
	const [first] = models.values();
	const model = id === undefined ? first : models.get(id);
	if (model) return model;
	throw new Refusal({
		...{ status: 404, kind: "model-not-found", title: "There is no such model" },
		errors: [{ at: "/model", message: `expected one of ${[...models.keys()].join(", ")}` }],
	});
}

function describe({ id, source }: Model): z.infer<typeof OpenAIModel> {
	// Whoever a hub id begins with; a folder is the operator's.
	const [owner, name] = source.split("/");
	return { id, object: "model", created: 0, owned_by: name === undefined ? "local" : owner! };
}
