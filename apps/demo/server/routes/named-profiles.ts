import * as z from "zod";
import { NamedProfile, NamedProfileChange, NewNamedProfile, ProfileCode } from "../../api/index.ts";
import {
	changeNamedProfile,
	createNamedProfile,
	deleteNamedProfile,
	listNamedProfiles,
} from "../../store/named-profiles.ts";
import { notFound, Refusal } from "../refusal.ts";
import type { App, Service } from "../service.ts";
import { BODY_REFUSALS, NOTHING, refusals } from "./answers.ts";

const ByCode = z.object({ id: ProfileCode });
/** Of a user. */
const MOST = 100;

/** A user's tastes under names; a job draws in one by its id, `profile`. */
export function namedProfileRoutes(app: App, { store }: Service): void {
	app.get("/named-profiles", { schema: { response: { 200: z.array(NamedProfile), ...refusals() } } }, ({ user }) =>
		listNamedProfiles(store, user.id),
	);

	app.post(
		"/named-profiles",
		{ schema: { body: NewNamedProfile, response: { 201: NamedProfile, ...refusals(404, 409, ...BODY_REFUSALS) } } },
		async ({ user, body }, reply) => {
			const made = await createNamedProfile(store, user.id, { ...body, most: MOST });
			if (made === "no history") throw notFound("history");
			if (made === "full") throw tooManyProfiles();
			return reply.code(201).send(made);
		},
	);

	app.patch(
		"/named-profiles/:id",
		{
			schema: {
				params: ByCode,
				body: NamedProfileChange,
				response: { 200: NamedProfile, ...refusals(404, ...BODY_REFUSALS) },
			},
		},
		async ({ user, params: { id }, body }) => {
			const changed = await changeNamedProfile(store, user.id, id, body);
			if (!changed) throw notFound("named profile");
			return changed;
		},
	);

	app.delete(
		"/named-profiles/:id",
		{ schema: { params: ByCode, response: { ...NOTHING, ...refusals(404) } } },
		async ({ user, params: { id } }, reply) => {
			if (!(await deleteNamedProfile(store, user.id, id))) throw notFound("named profile");
			return reply.code(204).send();
		},
	);
}

function tooManyProfiles(): Refusal {
	const detail = `Expected at most ${MOST}. Delete one that is not needed any more`;
	return new Refusal({ status: 409, kind: "too-many-profiles", title: "There are too many named profiles", detail });
}
