// `create -f` and `create analysisrun`: make objects of this API group.
#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/compose.h"
#include "crds/decode.h"
#include "kube/yaml.h"
#include "kubectl/command.h"
#include "kubectl/new_run.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;
namespace net = kube::net;
namespace resources = kube::resources;
using kube::Result;

constexpr std::array<kube::Resource, 5> creatable{resources::rollouts, resources::experiments,
                                                  resources::analysis_templates, resources::cluster_analysis_templates,
                                                  resources::analysis_runs};

std::string read_file(const std::string& name) {
  if (name == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(name);
  if (!file) throw CommandError("cannot read " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<json::value> read_objects(const std::string& name) {
  Result<std::vector<json::value>> documents = kube::parse_yaml_documents(read_file(name));
  if (!documents) throw CommandError(name + ": " + documents.error().message);
  std::vector<json::value> objects;
  for (json::value& document : *documents)
    if (!document.is_null()) objects.push_back(std::move(document));
  return objects;
}

// "analysisrun.argoproj.io/smoke created", with the name that the server gave it.
void create(Cluster& cluster, const kube::Resource& resource, const std::string& ns, const json::value& object) {
  const json::value made = cluster.run(
      cluster.client().create(resource, resource.namespaced ? ns : std::string(), kube::print_json(object)));
  const std::string plural(resource.plural);
  std::printf("%s.argoproj.io/%s created\n", plural.substr(0, plural.size() - 1).c_str(),
              std::string(kube::text_at(made, {"metadata", "name"})).c_str());
}

int create_from_files(const Call& call) {
  if (!call.has("filename")) throw UsageError("say what to create with -f FILE");
  Cluster cluster(call);
  for (const std::string& name : call.flags["filename"].as<std::vector<std::string>>())
    for (const json::value& object : read_objects(name)) {
      const std::string_view kind = kube::text_at(object, {"kind"});
      const std::string_view version = kube::text_at(object, {"apiVersion"});
      const kube::Resource* resource = nullptr;
      for (const kube::Resource& one : creatable)
        if (one.kind == kind && one.api_version() == version) resource = &one;
      if (!resource) throw CommandError(fmt::format("creates of {}/{} unsupported", version, kind));
      const std::string own(kube::text_at(object, {"metadata", "namespace"}));
      create(cluster, *resource, own.empty() ? cluster.ns() : own, object);
    }
  return 0;
}

// The templates that a template names, and those that they name, as far as they exist.
using Found = std::map<std::pair<bool, std::string>, std::shared_ptr<const crds::AnalysisTemplate>>;

void collect(Cluster& cluster, const crds::AnalysisTemplate& from, Found& found) {
  for (const crds::TemplateReference& reference : from.spec->templates) {
    const auto key = std::pair(reference.cluster_scope, reference.template_name);
    if (found.count(key)) continue;
    const kube::Resource& resource =
        reference.cluster_scope ? resources::cluster_analysis_templates : resources::analysis_templates;
    const json::value object = cluster.run(
        cluster.client().get(resource, {reference.cluster_scope ? std::string() : cluster.ns(), key.second}));
    kube::Mistakes ignored;
    const auto decoded = crds::decode_analysis_template(object, ignored);
    found[key] = decoded;
    collect(cluster, *decoded, found);
  }
}

// A template that names others with the metrics and arguments of all of them; one that names none stays as it is.
json::value merged(Cluster& cluster, json::value object) {
  kube::Mistakes ignored;
  const auto root = crds::decode_analysis_template(object, ignored);
  if (root->spec->templates.empty()) return object;
  Found found;
  collect(cluster, *root, found);
  // The name that no template can have stands for the one at hand, which may be a file's.
  const std::string self = "/";
  found[{false, self}] = root;
  const auto find = [&](const std::string& name, bool cluster_scope) -> const crds::AnalysisTemplate* {
    const auto at = found.find({cluster_scope, name});
    return at == found.end() ? nullptr : at->second.get();
  };
  const auto spec = analysis::compose({{self, false}}, {}, {}, find);
  if (!spec) throw CommandError(spec.error().message);
  crds::AnalysisRunSpec run;
  run.metrics = spec->metrics;
  run.args = spec->args;
  run.dry_run = spec->dry_run;
  run.measurement_retention = spec->measurement_retention;
  object.get_object()["spec"] = crds::encode_spec(run);
  return object;
}

json::value read_template(Cluster& cluster, const Call& call) {
  if (!call.has("from-file")) {
    const bool global = call.is_set("global");
    const kube::Resource& resource = global ? resources::cluster_analysis_templates : resources::analysis_templates;
    return cluster.run(cluster.client().get(resource, {global ? std::string() : cluster.ns(), call.text("from")}));
  }
  std::vector<json::value> objects = read_objects(call.text("from-file"));
  if (objects.size() != 1) throw CommandError(call.text("from-file") + ": one template is needed");
  const std::string_view kind = kube::text_at(objects[0], {"kind"});
  if (kind != "AnalysisTemplate" && kind != "ClusterAnalysisTemplate" && kind != "AnalysisRun")
    throw CommandError(fmt::format("{}: {} is no template", call.text("from-file"), kind));
  return std::move(objects[0]);
}

int create_run(const Call& call) {
  if (call.has("from") == call.has("from-file")) throw UsageError("one of --from and --from-file is required");
  NewRun wanted;
  if (call.has("argument"))
    for (const std::string& text : call.flags["argument"].as<std::vector<std::string>>()) {
      auto argument = parse_argument(text);
      if (!argument) throw UsageError(argument.error().message);
      wanted.arguments.push_back(std::move(*argument));
    }
  Cluster cluster(call);
  wanted.ns = cluster.ns();
  wanted.name = call.text("name");
  wanted.generate_name = call.text("generate-name");
  wanted.instance_id = call.text("instance-id");
  const Result<json::value> run = run_from_template(merged(cluster, read_template(cluster, call)), wanted);
  if (!run) throw CommandError(run.error().message);
  create(cluster, resources::analysis_runs, wanted.ns, *run);
  return 0;
}

}  // namespace

void add_create(std::vector<Command>& commands) {
  Command run{{"create", "analysisrun"},
              {"ar"},
              "--from TEMPLATE | --from-file FILE",
              "run an analysis by hand, from a template",
              no_name,
              {},
              create_run};
  // clang-format off
  run.flags.add_options()
    ("from", po::value<std::string>(), "name of an AnalysisTemplate")
    ("from-file", po::value<std::string>(), "file with a template; - for standard input")
    ("global", po::bool_switch(), "--from names a ClusterAnalysisTemplate")
    ("argument,a", po::value<std::vector<std::string>>()->composing(), "NAME=VALUE; may be repeated")
    ("name", po::value<std::string>(), "name of the run")
    ("generate-name", po::value<std::string>(), "beginning of a name that is made up; the template's name when absent")
    ("instance-id", po::value<std::string>(), "the controller that is to run it");
  // clang-format on
  commands.push_back(std::move(run));
  Command files{{"create"}, {}, "-f FILE",        "create rollouts, experiments, templates and runs",
                no_name,    {}, create_from_files};
  files.flags.add_options()("filename,f", po::value<std::vector<std::string>>()->composing(),
                            "YAML or JSON; - for standard input; may be repeated");
  commands.push_back(std::move(files));
}

}  // namespace sluice::kubectl
