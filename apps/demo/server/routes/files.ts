import { extensionOf, mediaTypeOf, PICTURE_FORMATS } from "@drum/pipeline";
import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { ProfileView } from "../../api/index.ts";
import { findPicture, readPicture } from "../../store/picture-files.ts";
import { readProfileFile } from "../../store/profile-files.ts";
import { hasProfile, readProfileView } from "../../store/profile-views.ts";
import { pictureIn } from "../picture-form.ts";
import { notFound, Refusal } from "../refusal.ts";
import type { App, Service } from "../service.ts";
import { ById, file, refusals } from "./answers.ts";

/** How much a picture tells of how it was made; `full` alone names the earlier prompts that steered it. */
const Form = z.object({ parameters: z.enum(["shareable", "full", "none"]).default("shareable") });

export function fileRoutes(app: App, { store }: Service): void {
	app.get(
		"/profiles/:id",
		{ schema: { params: ById, response: { 200: ProfileView, ...refusals(404) } } },
		async ({ user, params: { id } }) => {
			const view = await readProfileView(store, user.id, id);
			if (!view) throw notFound("profile");
			return view;
		},
	);

	app.get(
		"/profiles/:id/file",
		{ schema: { params: ById, response: { ...file("application/octet-stream"), ...refusals(404, 410) } } },
		async (request, reply) => {
			const { user, params } = request;
			if (!(await hasProfile(store, user.id, params.id))) throw notFound("profile");
			if (known(request, reply, params.id)) return reply;
			const bytes = await readProfileFile(store, params.id);
			if (!bytes) throw fileGone();
			const name = `attachment; filename="profile-${params.id}.safetensors"`;
			return reply.type("application/octet-stream").header("content-disposition", name).send(bytes);
		},
	);

	for (const format of PICTURE_FORMATS) {
		const [extension, type] = [extensionOf(format), mediaTypeOf(format)];
		app.get(
			`/pictures/:id${extension}`,
			{ schema: { params: ById, querystring: Form, response: { ...file(type), ...refusals(400, 404, 422) } } },
			async (request, reply) => {
				const { user, params, query } = request;
				const picture = await findPicture(store, user.id, params.id);
				if (!picture) throw notFound("picture");
				if (known(request, reply, `${params.id}-${query.parameters}-${format}`)) return reply;
				const png = await readPicture(store, user.id, params.id);
				if (!png) throw notFound("picture");
				const name = `inline; filename="seed-${picture.seed}-alpha-${picture.alpha}${extension}"`;
				const bytes = await pictureIn({ ...query, format }, png);
				return reply.type(type).header("content-disposition", name).send(bytes);
			},
		);
	}
}

/** Answers 304 where the client has the file, which never changes under its id and form. */
function known({ headers }: FastifyRequest, reply: FastifyReply, id: string): boolean {
	const etag = `"${id}"`;
	reply.headers({ etag, "cache-control": "private, max-age=31536000, immutable" });
	const tags = headers["if-none-match"]?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
	if (!tags.includes(etag) && !tags.includes("*")) return false;
	reply.code(304).send();
	return true;
}

function fileGone(): Refusal {
	const detail = "Newer profiles of the history have taken its place. A job of its kind makes it again";
	return new Refusal({ status: 410, kind: "file-gone", title: "The profile's file is not kept any more", detail });
}
