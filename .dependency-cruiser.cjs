// Import directions [docs/architecture.md]. TypeScript's project references refuse a forbidden
// import too; this adds cycles, orphans and packages in pure folders.
const allowed = {
  wire: [],
  core: ["wire"],
  pow: [],
  client: ["wire"],
  monitor: ["wire", "core"],
  daemon: ["wire", "core", "pow", "client", "monitor"],
  sim: ["wire", "core"],
  check: ["pow"],
  cli: ["wire", "core", "pow", "client", "monitor", "daemon", "sim", "check"],
};

const directions = Object.entries(allowed).map(([folder, targets]) => ({
  name: `${folder}-imports-only-what-it-may`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: "^src/", pathNot: [folder, ...targets].map((name) => `^src/${name}/`) },
}));

module.exports = {
  forbidden: [
    ...directions,
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "pure-folders-import-nothing-foreign",
      severity: "error",
      from: { path: "^src/(wire|core|sim)/" },
      to: { pathNot: "^src/" },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: ["^src/index\\.ts$", "\\.d\\.ts$"] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    exclude: { path: "src/pow/kernel/assembly/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node"] },
  },
};
