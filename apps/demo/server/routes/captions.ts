import * as z from "zod";
import { Caption, MOST_LIKED_PICTURE } from "../../api/index.ts";
import type { App, Service } from "../service.ts";
import { BODY_REFUSALS, refusals } from "./answers.ts";

const TYPES = ["image/png", "image/jpeg", "image/webp"];

export function captionRoutes(app: App, { captions, closing }: Service): void {
	app.register(async (pictures) => {
		pictures.removeAllContentTypeParsers();
		pictures.addContentTypeParser(TYPES, { parseAs: "buffer" }, (_, bytes, done) => done(null, bytes));
		(pictures as App).post(
			"/captions",
			{
				bodyLimit: MOST_LIKED_PICTURE,
				schema: {
					description:
						"A prompt for a liked picture, to be looked at before it is added to a history. Nothing of it is kept.",
					body: z.unknown().describe("The picture's file"),
					consumes: TYPES,
					response: { 200: Caption, ...refusals(409, ...BODY_REFUSALS) },
				},
			},
			async ({ user, body }) => captions.of(user.id, body as Uint8Array, closing),
		);
	});
}
