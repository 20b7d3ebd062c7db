import { existsSync } from "node:fs";
import { join } from "node:path";
import { adapters, model } from "@drum/tiny";

export const dynamic = "force-dynamic";

export function GET() {
	const files = [join(model, "model_index.json"), join(adapters, "weight", "L.safetensors")];
	return Response.json(files.map((file) => existsSync(file)));
}
