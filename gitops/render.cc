// Parsing manifests and checking what every object must have.
#include "gitops/render.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gitops/glob.h"
#include "kube/json.h"
#include "kube/yaml.h"

namespace sluice::gitops {
namespace {

constexpr std::string_view opt_out = "+argocd:skip-file-rendering";
constexpr std::size_t most_mistakes = 20;  // named one by one; the rest are counted

bool is_json(std::string_view path) { return path.ends_with(".json"); }

bool is_manifest_name(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml") || is_json(path);
}

void check_string_map(const json::value& object, std::string_view name, std::vector<std::string>& mistakes) {
  const json::value* map = kube::find_at(object, {"metadata", name});
  if (!map || map->is_null()) return;
  if (!map->is_object()) {
    mistakes.push_back(fmt::format("metadata.{}: must be an object of strings", name));
    return;
  }
  for (const auto& [key, value] : map->get_object())
    if (!value.is_string() && !value.is_null())
      mistakes.push_back(
          fmt::format("metadata.{}.{}: must be a string (put it in quotes)", name, std::string_view(key)));
}

// What is wrong with one object, whatever its kind.
std::vector<std::string> mistakes_of(const json::value& object) {
  std::vector<std::string> mistakes;
  for (const std::string_view name : {"apiVersion", "kind"}) {
    const json::value* found = kube::find_at(object, {name});
    if (!found || found->is_null())
      mistakes.push_back(fmt::format("{}: is required", name));
    else if (!found->is_string() || found->get_string().empty())
      mistakes.push_back(fmt::format("{}: must be a string", name));
  }
  const json::value* name = kube::find_at(object, {"metadata", "name"});
  const bool generated = !kube::text_at(object, {"metadata", "generateName"}).empty();
  if ((!name || name->is_null()) && generated)
    mistakes.push_back(
        "metadata.generateName: is not supported in Git, because the object could not be found again "
        "(use metadata.name)");
  else if (!name || name->is_null())
    mistakes.push_back("metadata.name: is required");
  else if (!name->is_string() || name->get_string().empty())
    mistakes.push_back("metadata.name: must be a string (put it in quotes)");
  const json::value* ns = kube::find_at(object, {"metadata", "namespace"});
  if (ns && !ns->is_null() && !ns->is_string()) mistakes.push_back("metadata.namespace: must be a string");
  check_string_map(object, "labels", mistakes);
  check_string_map(object, "annotations", mistakes);
  return mistakes;
}

bool is_list(const json::value& object) {
  const json::value* items = kube::find_at(object, {"items"});
  if (!items) return false;
  if (items->is_array()) return true;
  return items->is_null() && !kube::find_at(object, {"spec"}) && !kube::find_at(object, {"status"});
}

// What a file at the top of the directory says about the tool that it is meant for; "" for none.
std::string_view foreign_tool(std::string_view path) {
  if (path == "Chart.yaml") return "a Helm chart";
  if (path == "kustomization.yaml" || path == "kustomization.yml") return "a Kustomize directory";
  return "";
}

// A document or a piece of one file.
struct Piece {
  std::string_view text;
  std::size_t line = 1;  // at which it starts
};

bool is_separator(std::string_view line) {
  return line.starts_with("---") && (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces{{text.substr(0, 0), 1}};
  std::size_t line_number = 1;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++line_number) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (is_separator(line)) {
      start = at;
      pieces.push_back({text.substr(start, 0), line_number});
    }
    at = end;
    pieces.back().text = text.substr(start, at - start);
  }
  return pieces;
}

class FileReader {
 public:
  FileReader(const SourceFile& file, Rendered& to) : file_(file), to_(to) {}

  void read() {
    const auto documents = kube::parse_yaml_documents(file_.text);
    bool good = documents.has_value();
    if (good && is_json(file_.path) && documents->size() > 1) {
      add(1, "a .json file must hold exactly one object");
      return;
    }
    if (good)
      for (const json::value& document : *documents) good = good && is_good(document);
    if (!good) {
      // Also when nothing in it looks like an object: a file that lost its first lines would otherwise count as one
      // without objects, and what it used to hold would be pruned.
      report();
      return;
    }
    for (const json::value& document : *documents) take(document);
  }

 private:
  static bool is_object_at_all(const json::value& document) {
    return document.is_object() && (kube::find_at(document, {"apiVersion"}) || kube::find_at(document, {"kind"}));
  }

  static bool is_good(const json::value& document) {
    if (!is_object_at_all(document)) return true;
    if (!is_list(document)) return mistakes_of(document).empty();
    const json::value& items = document.at("items");
    return items.is_null() || std::ranges::all_of(items.get_array(), [](const json::value& item) {
             return item.is_object() && (is_list(item) ? is_good(item) : mistakes_of(item).empty());
           });
  }

  void take(const json::value& document) {
    if (!is_object_at_all(document)) return;
    if (!is_list(document)) {
      to_.manifests.push_back({document, file_.path});
    } else if (document.at("items").is_array()) {
      for (const json::value& item : document.at("items").get_array()) take(item);
    }
  }

  // Reads the file again piece by piece, to name every mistake with its line.
  void report() {
    const std::size_t before = to_.mistakes.size();
    std::size_t padding = std::size_t{16} << 20;  // bytes; what finding lines may cost for a file of many documents
    for (const Piece& piece : pieces_of(file_.text)) {
      if (to_.mistakes.size() > before + most_mistakes) return;
      // Empty lines in front make the parser count as if it had read the whole file.
      const bool padded = piece.line <= padding;
      if (padded) padding -= piece.line;
      const std::string text = std::string(padded ? piece.line - 1 : 0, '\n') + std::string(piece.text);
      const auto documents = kube::parse_yaml_documents(text);
      if (!documents)
        to_.mistakes.push_back(fmt::format("{}: {}", file_.path, documents.error().message));
      else
        for (const json::value& document : *documents) report(document, piece.line, "");
    }
    // A file can be wrong as a whole although each of its documents is not.
    if (to_.mistakes.size() != before) return;
    const auto whole = kube::parse_yaml_documents(file_.text);
    if (!whole) to_.mistakes.push_back(fmt::format("{}: {}", file_.path, whole.error().message));
  }

  void report(const json::value& document, std::size_t line, const std::string& inside) {
    if (!inside.empty() && !document.is_object()) {
      add(line, inside + "must be an object");
      return;
    }
    if (!is_object_at_all(document) && inside.empty()) return;
    if (is_list(document)) {
      if (document.at("items").is_null()) return;
      std::size_t index = 0;
      for (const json::value& item : document.at("items").get_array())
        report(item, line, fmt::format("{}items[{}].", inside, index++));
      return;
    }
    const std::string_view kind = kube::text_at(document, {"kind"});
    const std::string_view name = kube::text_at(document, {"metadata", "name"});
    const std::string who = kind.empty() ? std::string() : fmt::format("{} \"{}\": ", kind, name);
    for (const std::string& mistake : mistakes_of(document)) add(line, who + inside + mistake);
  }

  void add(std::size_t line, const std::string& message) {
    to_.mistakes.push_back(fmt::format("{}:{}: {}", file_.path, line, message));
  }

  const SourceFile& file_;
  Rendered& to_;
};

}  // namespace

SourceFilter filter_of(const DirectorySource& source) {
  SourceFilter filter;
  filter.recurse = source.recurse;
  filter.wanted = [include = source.include, exclude = source.exclude](const std::string& path) {
    if (!is_manifest_name(path)) return false;
    if (!exclude.empty() && matches_glob(exclude, path)) return false;
    return include.empty() || matches_glob(include, path);
  };
  return filter;
}

Rendered render(const std::vector<SourceFile>& files) {
  Rendered rendered;
  for (const SourceFile& file : files) {
    if (file.text.find(opt_out) != std::string::npos) continue;
    if (const std::string_view tool = foreign_tool(file.path); !tool.empty())
      rendered.mistakes.push_back(
          fmt::format("{}: {} is not supported yet (exclude the file with "
                      "spec.source.directory.exclude to take the others as they are)",
                      file.path, tool));
    else
      FileReader(file, rendered).read();
  }
  if (rendered.mistakes.size() > most_mistakes) {
    const std::size_t more = rendered.mistakes.size() - most_mistakes;
    rendered.mistakes.resize(most_mistakes);
    rendered.mistakes.push_back(fmt::format("and {} more mistakes", more));
  }
  if (!rendered.mistakes.empty()) rendered.manifests.clear();
  return rendered;
}

}  // namespace sluice::gitops
