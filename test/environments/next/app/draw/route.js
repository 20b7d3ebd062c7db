import { draw } from "../../lib/draw.js";
import { drum } from "../../lib/drum.js";

export const dynamic = "force-dynamic";

export async function GET() {
	try {
		const drawn = await draw();
		globalThis.seen ??= new Set();
		globalThis.seen.add(await drum());
		return Response.json({ ...drawn, pipelines: globalThis.seen.size, edit: globalThis.edit });
	} catch (error) {
		return Response.json({ name: error.name, message: error.message });
	}
}
