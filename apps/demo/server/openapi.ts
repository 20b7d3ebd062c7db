import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from "fastify-type-provider-zod";
import * as z from "zod";
import * as api from "../api/index.ts";
import { PROBLEM_JSON } from "./refusal.ts";
import type { SignInOptions } from "./sign-in.ts";

/** Schemas that have a name in the document. */
const NAMED = {
	AddedEntries: api.AddedEntries,
	Caption: api.Caption,
	Entry: api.Entry,
	History: api.History,
	HistorySummary: api.HistorySummary,
	Job: api.Job,
	JobPage: api.JobPage,
	JobProgress: api.JobProgress,
	JobRequest: api.JobRequest,
	JobOrder: api.JobOrder,
	Model: api.Model,
	NamedProfile: api.NamedProfile,
	Picture: api.Picture,
	Preview: api.Preview,
	Problem: api.Problem,
	ProfileView: api.ProfileView,
	Sample: api.Sample,
	Session: api.Session,
	Settings: api.Settings,
};

/** Describes all routes that are added afterwards, from the schemas by which they check: OpenAPI 3.1. */
export async function describeRoutes(app: FastifyInstance, { auth, cookie }: SignInOptions): Promise<void> {
	const schemaRegistry = z.registry<{ id: string }>();
	for (const [id, schema] of Object.entries(NAMED)) schemaRegistry.add(schema, { id });
	await app.register(swagger, {
		openapi: {
			openapi: "3.1.0",
			info: {
				title: "DrUM",
				version: "1",
				description: `Personalised pictures from a user's earlier prompts. What is refused is answered as ${PROBLEM_JSON} (RFC 9457).`,
			},
			...(auth && {
				components: {
					securitySchemes: {
						bearer: { type: "http", scheme: "bearer" },
						cookie: { type: "apiKey", in: "cookie", name: cookie.nameFor({ headers: {} }) },
					},
				},
				security: [{ bearer: [] }, { cookie: [] }],
			}),
		},
		transform: createJsonSchemaTransform({ schemaRegistry }),
		transformObject: createJsonSchemaTransformObject({ schemaRegistry }),
	});
}
