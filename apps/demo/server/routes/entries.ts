import type { FastifyReply } from "fastify";
import * as z from "zod";
import {
	AddedEntries,
	Entry,
	EntryChange,
	type Item,
	NewEntries,
	SimilarEntries,
	type Warning,
} from "../../api/index.ts";
import { addEntries, changeEntry, deleteEntry } from "../../store/entries.ts";
import { similarEntries } from "../../store/similar-entries.ts";
import { MOST_IMPORT } from "../limits.ts";
import { inParts, sendLong } from "../long-answer.ts";
import { IMPORT_FORMATS } from "../read-import.ts";
import { notFound, Refusal } from "../refusal.ts";
import { refuseForStorage } from "../room.ts";
import type { App, Service } from "../service.ts";
import { BODY_REFUSALS, ById, NOTHING, refusals } from "./answers.ts";

const ByEntry = ById.extend({ entryId: z.uuid() });
const Similar = z.object({ model: z.string().max(200), limit: z.coerce.number().int().min(1).max(100).default(10) });

export function entryRoutes(app: App, { store, models, limits, imports: reader }: Service): void {
	const add = async (
		reply: FastifyReply,
		{
			userId,
			historyId,
			items,
			warnings = [],
		}: { userId: string; historyId: string; items: Item[]; warnings?: Warning[] },
	): Promise<never> => {
		const { entriesOfHistory: most, bytesOfUser: mostBytes } = limits;
		const entries = await addEntries(store, userId, historyId, { items, most, mostBytes });
		if (entries === "no history") throw notFound("history");
		if (entries === "full") throw tooManyEntries(most);
		if (entries === "no room") throw await refuseForStorage({ store, limits }, userId);
		return sendLong(reply.code(201), { head: { warnings }, name: "entries", parts: inParts(entries) }) as never;
	};
	const added = { 201: AddedEntries, ...refusals(404, 409, ...BODY_REFUSALS) };

	app.post(
		"/histories/:id/entries",
		{ schema: { params: ById, body: NewEntries, response: added } },
		async ({ user, params, body: { items } }, reply) => add(reply, { userId: user.id, historyId: params.id, items }),
	);

	app.register(async (imports) => {
		imports.removeAllContentTypeParsers();
		imports.addContentTypeParser(Object.keys(IMPORT_FORMATS), { parseAs: "buffer" }, (_, bytes, done) =>
			done(null, bytes),
		);
		const files = z.unknown().describe("A file with a column or field `prompt`, and `intensity`, `rating` or `weight`");
		(imports as App).post(
			"/histories/:id/import",
			{
				config: { gzip: true },
				bodyLimit: MOST_IMPORT,
				schema: {
					params: ById,
					body: files,
					consumes: Object.keys(IMPORT_FORMATS),
					response: added,
				},
			},
			async ({ user, params, body, headers }, reply) => {
				const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
				const most = limits.entriesOfHistory;
				const { items, warnings } = await reader.read(user.id, {
					bytes: body as Uint8Array,
					format: IMPORT_FORMATS[type]!,
					most,
				});
				return add(reply, { userId: user.id, historyId: params.id, items, warnings });
			},
		);
	});

	app.patch(
		"/histories/:id/entries/:entryId",
		{
			schema: { params: ByEntry, body: EntryChange, response: { 200: Entry, ...refusals(404, 409, ...BODY_REFUSALS) } },
		},
		async ({ user, params: { id, entryId }, body }) => {
			const entry = await changeEntry(store, user.id, id, entryId, { ...body, mostBytes: limits.bytesOfUser });
			if (!entry) throw notFound("entry");
			if (entry === "no room") throw await refuseForStorage({ store, limits }, user.id);
			return entry;
		},
	);

	app.delete(
		"/histories/:id/entries/:entryId",
		{ schema: { params: ByEntry, response: { ...NOTHING, ...refusals(404) } } },
		async ({ user, params: { id, entryId } }, reply) => {
			if (!(await deleteEntry(store, user.id, id, entryId))) throw notFound("entry");
			return reply.code(204).send();
		},
	);

	app.get(
		"/histories/:id/entries/:entryId/similar",
		{
			schema: { params: ByEntry, querystring: Similar, response: { 200: SimilarEntries, ...refusals(400, 404, 409) } },
		},
		async ({ user, params: { id, entryId }, query }) => {
			if (!models.has(query.model)) throw unknownModel(models);
			const similar = await similarEntries(store, user.id, { historyId: id, entryId, ...query });
			if (!similar) throw notFound("entry");
			if (similar === "no features") throw notRead(query.model);
			return similar;
		},
	);
}

function tooManyEntries(most: number): Refusal {
	const detail = `Expected at most ${most} entries in a history`;
	return new Refusal({ status: 409, kind: "too-many-entries", title: "The history has no room for them", detail });
}

function unknownModel(models: Service["models"]): Refusal {
	const errors = [{ at: "model", message: `expected one of ${[...models.keys()].join(", ")}` }];
	return new Refusal({ status: 400, kind: "invalid", title: "The request is not valid", errors });
}

function notRead(model: string): Refusal {
	const detail = `Make a profile of the history with ${model} first: it gives each entry its text features`;
	return new Refusal({ status: 409, kind: "no-features", title: "The model has not read this entry", detail });
}
