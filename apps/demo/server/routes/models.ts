import * as z from "zod";
import { Model, Sample } from "../../api/index.ts";
import type { App, Service } from "../service.ts";
import { refusals } from "./answers.ts";

export function modelRoutes(app: App, { models, samples }: Service): void {
	app.get("/models", { schema: { response: { 200: z.array(Model), ...refusals() } } }, async () => [
		...models.values(),
	]);

	app.get("/samples", { schema: { response: { 200: z.array(Sample), ...refusals() } } }, async () => [...samples]);
}
