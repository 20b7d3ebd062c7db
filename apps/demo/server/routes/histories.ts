import * as z from "zod";
import { History, HistoryChange, HistorySummary, NewHistory } from "../../api/index.ts";
import { readEntryParts } from "../../store/entries.ts";
import { createHistory, deleteHistory, listHistories, readHistory, renameHistory } from "../../store/histories.ts";
import { sendLong } from "../long-answer.ts";
import { notFound, Refusal } from "../refusal.ts";
import { refuseForStorage } from "../room.ts";
import type { App, Service } from "../service.ts";
import { BODY_REFUSALS, ById, NOTHING, refusals } from "./answers.ts";

export function historyRoutes(app: App, { store, queue, limits }: Service): void {
	const summary = async (userId: string, id: string): Promise<HistorySummary> => {
		const history = await readHistory(store, userId, id);
		if (!history) throw notFound("history");
		return history;
	};

	app.get("/histories", { schema: { response: { 200: z.array(HistorySummary), ...refusals() } } }, ({ user }) =>
		listHistories(store, user.id),
	);

	app.post(
		"/histories",
		{ schema: { body: NewHistory, response: { 201: HistorySummary, ...refusals(409, ...BODY_REFUSALS) } } },
		async ({ user, body: { name, items } }, reply) => {
			const { historiesOfUser: most, bytesOfUser: mostBytes } = limits;
			const made = await createHistory(store, user.id, { name, items, most, mostBytes });
			if (made === "full") throw tooManyHistories(most);
			if (made === "no room") throw await refuseForStorage({ store, limits }, user.id);
			const { id } = made;
			return reply
				.code(201)
				.header("location", `/api/histories/${id}`)
				.send(await summary(user.id, id));
		},
	);

	app.get(
		"/histories/:id",
		{ schema: { params: ById, response: { 200: History, ...refusals(404) } } },
		async ({ user, params: { id } }, reply) =>
			sendLong(reply, { head: await summary(user.id, id), name: "entries", parts: readEntryParts(store, id) }) as never,
	);

	app.patch(
		"/histories/:id",
		{
			schema: {
				params: ById,
				body: HistoryChange,
				response: { 200: HistorySummary, ...refusals(404, ...BODY_REFUSALS) },
			},
		},
		async ({ user, params: { id }, body: { name } }) => {
			if (!(await renameHistory(store, user.id, id, name))) throw notFound("history");
			return summary(user.id, id);
		},
	);

	app.delete(
		"/histories/:id",
		{ schema: { params: ById, response: { ...NOTHING, ...refusals(404) } } },
		async ({ user, params: { id } }, reply) => {
			const cancelled = await deleteHistory(store, user.id, id);
			if (!cancelled) throw notFound("history");
			for (const jobId of cancelled) await queue.remove(jobId);
			return reply.code(204).send();
		},
	);
}

function tooManyHistories(most: number): Refusal {
	const detail = `Expected at most ${most}. Delete one that is not needed any more`;
	return new Refusal({ status: 409, kind: "too-many-histories", title: "There are too many histories", detail });
}
