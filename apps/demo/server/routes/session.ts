import { Session, SignIn } from "../../api/index.ts";
import { localUser, userByToken } from "../../store/users.ts";
import type { App, Service } from "../service.ts";
import { COOKIE, signInNeeded } from "../sign-in.ts";
import { BODY_REFUSALS, NOTHING, refusals } from "./answers.ts";

const MONTH = 30 * 24 * 3600;

export function sessionRoutes(app: App, { store, auth }: Service): void {
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
		async ({ body, headers }, reply) => {
			if (!auth) return { user: await localUser(store), auth: mode };
			const user = await userByToken(store, body.token);
			if (!user) throw signInNeeded();
			reply.setCookie(COOKIE, body.token, {
				...{ path: "/", httpOnly: true, sameSite: "strict", maxAge: MONTH },
				// Behind a proxy that speaks TLS the browser is to send it over TLS only.
				secure: headers["x-forwarded-proto"] === "https",
			});
			return { user, auth: mode };
		},
	);

	app.delete(
		"/session",
		{ config: { open: true }, schema: { response: { ...NOTHING, ...refusals() } } },
		async (_, reply) => {
			reply.clearCookie(COOKIE, { path: "/" });
			return reply.code(204).send();
		},
	);
}
