/** Kinds of blocks by diffusers' names: resnets, each followed by the attention that the name begins with. */
export const DOWN_BLOCKS = [
	"CrossAttnDownBlock2D",
	"DownBlock2D",
	"AttnDownBlock2D",
	"ResnetDownsampleBlock2D",
	"SimpleCrossAttnDownBlock2D",
] as const;
export const UP_BLOCKS = [
	"CrossAttnUpBlock2D",
	"UpBlock2D",
	"AttnUpBlock2D",
	"ResnetUpsampleBlock2D",
	"SimpleCrossAttnUpBlock2D",
] as const;
export const MID_BLOCKS = ["UNetMidBlock2DCrossAttn", "UNetMidBlock2D", "UNetMidBlock2DSimpleCrossAttn"] as const;

export type BlockKind = (typeof DOWN_BLOCKS)[number] | (typeof UP_BLOCKS)[number] | (typeof MID_BLOCKS)[number];
