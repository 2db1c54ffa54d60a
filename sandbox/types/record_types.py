#!/usr/bin/env python3
"""Records the fields of the built-in kinds in builtin.types from a real API server and from the Go module that declares them.

    kubectl get --raw /openapi/v2 >openapi.json
    record_types.py openapi.json "$(go env GOMODCACHE)" >builtin.types

The OpenAPI document names types, fields, list types, merge keys and enumerations; the Go declarations add which fields
are pointers and which are written even when they are empty. No descriptions are kept.
"""
import glob
import json
import os
import re
import sys

PREFIXES = [
    ("io.k8s.apimachinery.pkg.apis.meta.", "meta."),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.", "apiextensions."),
    ("io.k8s.api.", ""),
]
LEAVES = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "x",
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "q",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "micro",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
}
ROOTS = """
core.v1: ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolumeClaim PersistentVolume Pod PodTemplate ResourceQuota Secret
  ServiceAccount Service
apps.v1: ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet
events.v1: Event
authentication.v1: SelfSubjectReview TokenReview
authorization.v1: LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview
autoscaling.v1: Scale
autoscaling.v2: HorizontalPodAutoscaler
batch.v1: CronJob Job
networking.v1: IngressClass Ingress NetworkPolicy
policy.v1: PodDisruptionBudget Eviction
rbac.v1: ClusterRoleBinding ClusterRole RoleBinding Role
storage.v1: StorageClass
apiextensions.v1: CustomResourceDefinition
scheduling.v1: PriorityClass
coordination.v1: Lease
discovery.v1: EndpointSlice
meta.v1: ListMeta DeleteOptions
"""


def short(name):
    for prefix, replacement in PREFIXES:
        if name.startswith(prefix):
            return replacement + name[len(prefix):]
    raise SystemExit("a type of an unknown package: " + name)


def roots():
    for line in ROOTS.replace("\n  ", " ").strip().splitlines():
        package, kinds = line.split(":")
        for kind in kinds.split():
            yield package + "." + kind


def folder(cache, package):
    group, version = package.split(".")
    if group == "meta":
        return glob.glob(cache + "/k8s.io/apimachinery@*/pkg/apis/meta/" + version)
    if group == "apiextensions":
        return glob.glob(cache + "/k8s.io/apiextensions-apiserver@*/pkg/apis/apiextensions/" + version)
    return glob.glob(cache + "/k8s.io/api@*/" + group + "/" + version)


class Go:
    """How Go writes the fields of a struct: {json name: (is pointer, omitempty, omitzero, protobuf number)}.

    The fields of an embedded struct have two numbers, "2.19": that of the struct and their own."""

    def __init__(self, cache):
        self.cache, self.packages, self.structs = cache, {}, {}

    def package(self, name):
        if name not in self.packages:
            text = ""
            for path in sorted(folder(self.cache, name))[:1]:
                for file in glob.glob(path + "/*types*.go"):
                    text += open(file, encoding="utf-8").read() + "\n"
            self.packages[name] = text
        return self.packages[name]

    def fields(self, type_name):
        if type_name in self.structs:
            return self.structs[type_name]
        package, name = type_name.rsplit(".", 1)
        found = {}
        match = re.search(r"^type " + name + r" struct \{\n(.*?)^\}", self.package(package), re.M | re.S)
        for line in (match.group(1) if match else "").splitlines():
            field = re.match(r"\s*(?:(\w+)\s+)?(\S+)\s+`.*json:\"([^\"]*)\"", line)
            if not field:
                continue
            kind, (json_name, *options) = field.group(2), field.group(3).split(",")
            tag = re.search(r'protobuf:"[^,"]*,(\d+)', line)
            number = tag.group(1) if tag else ""
            if "inline" in options:
                if "." not in kind:  # of another package only metadata types are embedded, which are recorded themselves
                    inner = self.fields(package + "." + kind.lstrip("*"))
                elif kind.startswith("v1."):
                    inner = self.fields("core." + kind)
                else:
                    inner = {}
                for name, (pointer, empty, zero, own) in inner.items():
                    found[name] = (pointer, empty, zero, number + "." + own if number else own)
            elif json_name and json_name != "-":
                found[json_name] = (kind.startswith("*"), "omitempty" in options, "omitzero" in options, number)
        self.structs[type_name] = found
        return found


def type_of(schema, wanted):
    reference = schema.get("$ref")
    if reference:
        full = reference[len("#/definitions/"):]
        if full in LEAVES:
            return LEAVES[full]
        wanted.append(full)
        return short(full)
    kind, form = schema.get("type"), schema.get("format")
    if kind == "string":
        return "bytes" if form == "byte" else "time" if form == "date-time" else "s"
    if kind == "integer":
        return "i" if form == "int32" else "l"
    if kind == "number":
        return "d"
    if kind == "boolean":
        return "b"
    if kind == "array":
        return "[" + type_of(schema["items"], wanted) + "]"
    if kind == "object" and "additionalProperties" in schema:
        return "{" + type_of(schema["additionalProperties"], wanted) + "}"
    return "any"


def flags_of(name, schema, required, go):
    flags = []
    if name in required:
        flags.append("!")
    pointer, omitted, zero_omitted, number = go.get(name, (False, True, False, ""))
    if number:
        flags.append("#" + number)
    if pointer:
        flags.append("*")
    elif not omitted or ("$ref" in schema and not zero_omitted):
        flags.append("+")
    list_type = schema.get("x-kubernetes-list-type")
    if list_type == "map":
        flags.append("map(" + ",".join(schema["x-kubernetes-list-map-keys"]) + ")")
    elif list_type:
        flags.append(list_type)
    if schema.get("x-kubernetes-map-type"):
        flags.append("whole")
    strategy = schema.get("x-kubernetes-patch-strategy", "")
    if "merge" in strategy:
        flags.append("merge(" + schema.get("x-kubernetes-patch-merge-key", "") + ")")
    if "retainKeys" in strategy:
        flags.append("retain")
    if "replace" in strategy:
        flags.append("replace")
    if schema.get("enum"):
        flags.append("enum(" + "|".join(schema["enum"]) + ")")
    return flags


def main():
    definitions = json.load(open(sys.argv[1], encoding="utf-8"))["definitions"]
    go = Go(sys.argv[2])
    full = {short(name): name for name in definitions if any(name.startswith(p) for p, _ in PREFIXES)}
    wanted, done = [full[root] for root in roots()], set()
    print("# Fields of the built-in kinds, recorded by record_types.py; builtin_types.h says how a line is read.")
    lines = {}
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        done.add(name)
        schema = definitions[name]
        out = [short(name) + (" whole" if schema.get("x-kubernetes-map-type") else "")]
        written = go.fields(short(name))
        for field, value in sorted(schema.get("properties", {}).items()):
            if field in ("apiVersion", "kind") and schema.get("x-kubernetes-group-version-kind"):
                continue
            out.append(" ".join([" " + field, type_of(value, wanted), *flags_of(field, value, schema.get("required", []), written)]))
        if schema.get("x-kubernetes-group-version-kind"):
            out[0] += " top"
        lines[short(name)] = "\n".join(out)
    for name in sorted(lines):
        print(lines[name])


main()
