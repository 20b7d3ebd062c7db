import * as z from "zod";

/** Who asks. */
export const Session = z.object({
	user: z.object({ id: z.uuid(), name: z.string() }),
	/** Whether a token was asked for; on loopback it is not, by default. */
	auth: z.enum(["off", "token"]),
});
export type Session = z.infer<typeof Session>;

/** Begins a session of a browser: the answer sets a cookie. Other clients send `Authorization: Bearer <token>` with each request. */
export const SignIn = z.strictObject({ token: z.string().min(1).max(200) });
export type SignIn = z.infer<typeof SignIn>;
