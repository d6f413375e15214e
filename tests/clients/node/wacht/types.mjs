// What the functions of a package return, read from its type declarations, and how a value differs from that.
import ts from "typescript";

const MAX_DEPTH = 8;

export class ReturnTypes {
    constructor(declarations) {
        const options = { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, skipLibCheck: true };
        const program = ts.createProgram([declarations], options);
        this.checker = program.getTypeChecker();
        const module = this.checker.getSymbolAtLocation(program.getSourceFile(declarations));
        this.exports = this.#members(module);
    }

    #members(symbol) {
        const target = this.#target(symbol);
        return new Map(this.checker.getExportsOfModule(target).map((member) => [member.name, member]));
    }

    #target(symbol) {
        return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
    }

    /** Lists the differences between a value and what `api.name` resolves to. */
    differences(api, name, value) {
        const symbol = this.#target(this.#members(this.exports.get(api)).get(name));
        const [signature] = this.checker.getTypeOfSymbol(symbol).getCallSignatures();
        const type = this.checker.getAwaitedType(signature.getReturnType());
        return this.#compare(name, type, value, 0);
    }

    #compare(path, type, value, depth) {
        const { TypeFlags } = ts;
        if (depth > MAX_DEPTH || type.flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.Void)) return [];
        if (type.isUnion()) {
            const all = type.types.map((one) => this.#compare(path, one, value, depth + 1));
            return all.find((differences) => differences.length === 0) ?? [`${path} is ${JSON.stringify(value)}, not ${this.#name(type)}`];
        }
        const mismatch = [`${path} is ${JSON.stringify(value)?.slice(0, 80)}, not ${this.#name(type)}`];
        if (type.isLiteral()) return type.value === value ? [] : mismatch;
        if (type.flags & TypeFlags.BooleanLiteral) return String(value) === type.intrinsicName ? [] : mismatch;
        if (type.flags & TypeFlags.Null) return value === null ? [] : mismatch;
        if (type.flags & TypeFlags.Undefined) return value === undefined ? [] : mismatch;
        for (const [flag, kind] of [[TypeFlags.String, "string"], [TypeFlags.Number, "number"], [TypeFlags.Boolean, "boolean"]]) {
            if (type.flags & flag) return typeof value === kind ? [] : mismatch;
        }
        if (value === null || typeof value !== "object") return mismatch;
        if (this.checker.isArrayType(type)) {
            const [item] = this.checker.getTypeArguments(type);
            if (!Array.isArray(value)) return mismatch;
            return value.flatMap((one, index) => this.#compare(`${path}[${index}]`, item, one, depth + 1));
        }
        return this.checker.getPropertiesOfType(type).flatMap((property) => {
            const isOptional = property.flags & ts.SymbolFlags.Optional;
            const inner = value[property.name];
            // The declarations have optional properties that are null, as other languages write them.
            if (isOptional && (inner === undefined || inner === null)) return [];
            if (!(property.name in value)) return [`${path}.${property.name} is missing`];
            return this.#compare(`${path}.${property.name}`, this.checker.getTypeOfSymbol(property), inner, depth + 1);
        });
    }

    #name(type) {
        return this.checker.typeToString(type);
    }
}
