export * from "./history.ts";
export * from "./job.ts";
export * from "./model.ts";
export * from "./problem.ts";
export * from "./profile.ts";
export * from "./session.ts";
export * from "./settings.ts";
export * from "./warning.ts";
