import tseslint from "typescript-eslint";

const pureFolders = ["src/wire/**/*.ts", "src/core/**/*.ts", "src/sim/**/*.ts"];

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "coverage/", "web/dist/", "src/pow/kernel/assembly/"] },
  {
    files: ["src/**/*.ts", "test/**/*.{ts,tsx}", "bench/**/*.ts", "web/**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "max-lines": ["error", { max: 500 }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      complexity: ["error", 12],
      eqeqeq: "error",
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "Use a const object and a union type." },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    // Time and randomness reach pure code only as arguments [architecture: determinism].
    files: pureFolders,
    rules: {
      "no-restricted-globals": ["error", "Date", "Promise", "setTimeout", "process", "console"],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Take a Random as an argument." },
        { object: "Math", property: "log", message: "Engines differ; use an integer table." },
        { object: "Math", property: "exp", message: "Engines differ; use an integer table." },
        { object: "Math", property: "pow", message: "Engines differ; use integers." },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "Use a const object and a union type." },
        { selector: "AwaitExpression", message: "Pure code is synchronous." },
        { selector: ":function[async=true]", message: "Pure code is synchronous." },
        { selector: "NewExpression[callee.name='Promise']", message: "Pure code is synchronous." },
        {
          selector: "CallExpression[callee.property.name='sort'][arguments.length=0]",
          message: "Sort with a comparator, so that every engine gives the same order.",
        },
      ],
    },
  },
  {
    files: ["test/**/*.{ts,tsx}"],
    rules: {
      "max-lines-per-function": "off",
      // node:test's describe and it return promises that the runner awaits by itself.
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", name: ["it", "describe", "test", "suite"], package: "node:test" },
          ],
        },
      ],
    },
  },
);
