// Reading the recorded built-in types.
#include "sandbox/builtin_types.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "embedded/builtin_types.h"

namespace sluice::sandbox {
namespace {

using Types = std::map<std::string, std::shared_ptr<Schema>, std::less<>>;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

SchemaPtr leaf(Schema::Type type, std::string format = {}) {
  auto schema = std::make_shared<Schema>();
  schema->type = type;
  schema->format = std::move(format);
  schema->int_or_string = schema->format == "int-or-string";
  return schema;
}

// The schema that a type's word stands for, to be copied into a field.
Schema schema_of_word(std::string_view word, Types& types) {
  static const std::map<std::string_view, SchemaPtr> leaves = {
      {"s", leaf(Schema::Type::string)},
      {"i", leaf(Schema::Type::integer, "int32")},
      {"l", leaf(Schema::Type::integer, "int64")},
      {"d", leaf(Schema::Type::number, "double")},
      {"b", leaf(Schema::Type::boolean)},
      {"bytes", leaf(Schema::Type::string, "byte")},
      {"time", leaf(Schema::Type::string, "date-time")},
      {"micro", leaf(Schema::Type::string, "micro-time")},
      {"q", leaf(Schema::Type::string, "quantity")},
      {"x", leaf(Schema::Type::any, "int-or-string")},
      {"any", leaf(Schema::Type::any)},
  };
  if (const auto at = leaves.find(word); at != leaves.end()) return *at->second;
  Schema schema;
  const std::string_view inner = word.substr(1, word.size() - 2);
  const auto part = [&]() -> SchemaPtr {
    if (types.contains(inner)) return types.find(inner)->second;
    return std::make_shared<const Schema>(schema_of_word(inner, types));
  };
  if (word.front() == '[') {
    schema.type = Schema::Type::array;
    schema.grouping = Grouping::whole;
    schema.items = part();
  } else {
    schema.type = Schema::Type::object;
    schema.additional = part();
  }
  return schema;
}

unsigned number_in(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void apply_flag(std::string_view flag, std::string_view field, Schema& owner, Schema& schema) {
  const std::size_t open = std::min(flag.find('('), flag.size());
  const std::string_view word = flag.substr(0, open);
  const std::string_view inner = open == flag.size() ? "" : flag.substr(open + 1, flag.size() - open - 2);
  if (word.front() == '#') {
    const std::size_t dot = word.find('.');
    schema.outer_number = dot == std::string_view::npos ? 0 : number_in(word.substr(1, dot - 1));
    schema.number = number_in(word.substr(dot == std::string_view::npos ? 1 : dot + 1));
  }
  if (word == "!") owner.required.emplace_back(field);
  if (word == "*") schema.pointer = true;
  if (word == "+") schema.always_written = true;
  if (word == "set") schema.grouping = Grouping::set;
  if (word == "whole") schema.grouping = Grouping::whole;
  if (word == "retain") schema.retains_keys = true;
  if (word == "map") {
    schema.grouping = Grouping::keyed;
    for (const std::string_view key : split(inner, ',')) schema.keys.emplace_back(key);
  }
  if (word == "merge") {
    schema.merges = true;
    schema.merge_key = inner;
  }
  if (word == "enum")
    for (const std::string_view choice : split(inner, '|')) schema.choices.emplace_back(json::string(choice));
}

void add_field(std::string_view line, Schema& owner, Types& types) {
  const std::vector<std::string_view> words = split(line, ' ');
  const std::string_view type = words.at(1);
  auto schema = std::make_shared<Schema>();
  // A field of a struct type is a copy of the type's outer shell, so that it can carry flags of its own. A type that
  // is a direct member of itself (a negated schema) is not described again within itself.
  if (const auto at = types.find(type); at != types.end())
    *schema = at->second->name == owner.name ? Schema{} : *at->second;
  else
    *schema = schema_of_word(type, types);
  for (std::size_t i = 2; i < words.size(); ++i) apply_flag(words[i], words[0], owner, *schema);
  owner.properties[std::string(words[0])] = std::move(schema);
}

// Fields whose type is a struct copy its members, so a type is read after those it names.
class Reader {
 public:
  explicit Reader(std::string_view text) {
    Block* block = nullptr;
    for (const std::string_view line : split(text, '\n')) {
      if (line.front() == '#') continue;
      if (line.front() != ' ') {
        const std::vector<std::string_view> words = split(line, ' ');
        auto schema = std::make_shared<Schema>();
        schema->type = Schema::Type::object;
        schema->name = words[0];
        if (std::find(words.begin(), words.end(), "whole") != words.end()) schema->grouping = Grouping::whole;
        block = &blocks_[std::string(words[0])];
        block->is_kind = std::find(words.begin(), words.end(), "top") != words.end();
        types_[std::string(words[0])] = std::move(schema);
      } else {
        block->fields.push_back(line.substr(1));
      }
    }
  }
  // "type field value" lines: what the server fills in.
  void add_defaults(std::string_view text) {
    for (const std::string_view line : split(text, '\n')) {
      if (line.front() == '#') continue;
      const std::size_t first = line.find(' ');
      const std::size_t second = line.find(' ', first + 1);
      blocks_.at(std::string(line.substr(0, first)))
          .defaults.emplace_back(line.substr(first + 1, second - first - 1), line.substr(second + 1));
    }
  }
  Types take() {
    for (auto& [name, unused] : blocks_) complete(name);
    return std::move(types_);
  }

 private:
  struct Block {
    std::vector<std::string_view> fields;
    std::vector<std::pair<std::string_view, std::string_view>> defaults;
    bool is_kind = false;
    bool begun = false;
  };

  void complete(const std::string& name) {
    Block& block = blocks_.at(name);
    if (std::exchange(block.begun, true)) return;
    Schema& schema = *types_.at(name);
    if (block.is_kind) {
      for (const char* field : {"apiVersion", "kind"}) add_field(std::string(field) + " s", schema, types_);
    }
    for (const std::string_view field : block.fields) {
      const std::string type(split(field, ' ').at(1));
      if (types_.contains(type)) complete(type);
      add_field(field, schema, types_);
    }
    for (const auto& [field, value] : block.defaults) {
      Schema with_default = *schema.properties.find(field)->second;
      with_default.default_value = json::parse(value);
      schema.properties.find(field)->second = std::make_shared<const Schema>(std::move(with_default));
    }
  }

  std::map<std::string, Block, std::less<>> blocks_;
  Types types_;
};

const Types& all_types() {
  static const Types types = [] {
    Reader reader(embedded::builtin_types[0].second);
    reader.add_defaults(embedded::builtin_types[1].second);
    return reader.take();
  }();
  return types;
}

// "rbac.authorization.k8s.io" is recorded under "rbac".
std::string package_of(std::string_view group) {
  if (group.empty()) return "core";
  return std::string(group.substr(0, group.find('.')));
}

}  // namespace

SchemaPtr builtin_type(std::string_view name) {
  const auto at = all_types().find(name);
  return at == all_types().end() ? nullptr : at->second;
}

SchemaPtr builtin_schema(std::string_view group, std::string_view version, std::string_view kind) {
  return builtin_type(fmt::format("{}.{}.{}", package_of(group), version, kind));
}

std::vector<std::string_view> builtin_type_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, schema] : all_types()) names.push_back(name);
  return names;
}

std::string openapi_name(std::string_view type) {
  if (type.starts_with("meta.")) return "io.k8s.apimachinery.pkg.apis." + std::string(type);
  if (type.starts_with("apiextensions.")) return "io.k8s.apiextensions-apiserver.pkg.apis." + std::string(type);
  return "io.k8s.api." + std::string(type);
}

}  // namespace sluice::sandbox
