import type { Group } from "./group.ts";

/** The programs that wrote a file, by the names of its modules. */
export function formatOf(groups: readonly Group[]): string {
	return [...new Set(groups.map(writerOf))].sort().join(", ");
}

function writerOf({ name, place, styles }: Group): string {
	if (styles.has("LyCORIS") || name.startsWith("lycoris")) return "LyCORIS";
	if (place.naming === "XLabs") return "XLabs";
	if (/^lora_transformer\b|^lora_(unet|te\d?)\./.test(name)) return "OneTrainer";
	if (/^lora_(unet|te\d?|transformer)_/.test(name))
		return name.startsWith("lora_transformer_") ? "OneTrainer" : "kohya";
	if (/^(model\.)?diffusion_model\.|^text_encoders\./.test(name)) return "ComfyUI";
	if (place.naming === "BFL" && styles.has("PEFT")) return "PEFT, with the names of FLUX's authors";
	return styles.has("PEFT") ? "PEFT" : styles.has("kohya") ? "kohya" : "diffusers before PEFT";
}
