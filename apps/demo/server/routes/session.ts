import { Session, SignIn } from "../../api/index.ts";
import { beginSession, endSession } from "../../store/sessions.ts";
import { localUser, userByToken } from "../../store/users.ts";
import type { App, Service } from "../service.ts";
import { unknownToken } from "../sign-in.ts";
import { BODY_REFUSALS, NOTHING, refusals } from "./answers.ts";

export function sessionRoutes(app: App, { store, auth, cookie }: Service): void {
	const mode: Session["auth"] = auth ? "token" : "off";

	app.get("/session", { schema: { response: { 200: Session, ...refusals() } } }, async ({ user }) => ({
		user,
		auth: mode,
	}));

	app.post(
		"/session",
		{
			config: { open: true },
			schema: { body: SignIn, response: { 200: Session, ...refusals(...BODY_REFUSALS) } },
		},
		async (request, reply) => {
			if (!auth) return { user: await localUser(store), auth: mode };
			const user = await userByToken(store, request.body.token);
			if (!user) throw unknownToken();
			cookie.set(request, reply, await beginSession(store, user.id));
			return { user, auth: mode };
		},
	);

	app.delete(
		"/session",
		{ config: { open: true }, schema: { response: { ...NOTHING, ...refusals() } } },
		async (request, reply) => {
			const secret = cookie.read(request);
			if (secret !== undefined) await endSession(store, secret);
			cookie.clear(request, reply);
			return reply.code(204).send();
		},
	);
}
