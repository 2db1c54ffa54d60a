// Reading protobuf by the numbers of the recorded types.
#include "sandbox/protobuf.h"

#include <bit>
#include <cstdint>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/base64.h"
#include "kube/json.h"
#include "kube/time.h"
#include "sandbox/builtin_types.h"
#include "sandbox/schema.h"

namespace sluice::sandbox {
namespace {

constexpr int deepest = 64;

kube::Error broken() { return {kube::Fault::invalid, "the bytes are no protobuf message"}; }

// One field as it stands on the wire.
struct WireField {
  unsigned number = 0;
  std::uint64_t value = 0;  // of a varint or a fixed-size field
  std::string_view bytes;   // of a length-delimited field
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }

  // nullopt when the bytes make no sense.
  std::optional<WireField> next() {
    const auto key = varint();
    if (!key) return std::nullopt;
    WireField field;
    field.number = static_cast<unsigned>(*key >> 3);
    switch (*key & 7) {
      case 0: {
        const auto value = varint();
        if (!value) return std::nullopt;
        field.value = *value;
        return field;
      }
      case 1:
        return fixed(field, 8);
      case 5:
        return fixed(field, 4);
      case 2: {
        const auto length = varint();
        if (!length || *length > bytes_.size()) return std::nullopt;
        field.bytes = bytes_.substr(0, *length);
        bytes_.remove_prefix(*length);
        return field;
      }
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }

  std::optional<WireField> fixed(WireField field, std::size_t size) {
    if (bytes_.size() < size) return std::nullopt;
    for (std::size_t i = 0; i < size; ++i)
      field.value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[i])) << (8 * i);
    bytes_.remove_prefix(size);
    return field;
  }

  std::string_view bytes_;
};

using Decoded = kube::Result<json::value>;
Decoded decode_message(const Schema& schema, std::string_view bytes, int depth);

// seconds = 1, nanos = 2; nothing at all is "not set".
Decoded decode_time(std::string_view bytes, bool micro) {
  if (bytes.empty()) return json::value(nullptr);
  WireReader reader(bytes);
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return broken();
    if (field->number == 1) seconds = static_cast<std::int64_t>(field->value);
    if (field->number == 2) nanos = static_cast<std::int64_t>(field->value);
  }
  const kube::Time time{std::chrono::seconds(seconds) + std::chrono::microseconds(nanos / 1000)};
  return json::value(micro ? kube::format_micro_time(time) : kube::format_time(time));
}

// type = 1 (0 number, 1 text), intVal = 2, strVal = 3.
Decoded decode_int_or_string(std::string_view bytes) {
  WireReader reader(bytes);
  bool is_text = false;
  std::int64_t number = 0;
  std::string_view text;
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return broken();
    if (field->number == 1) is_text = field->value == 1;
    if (field->number == 2) number = static_cast<std::int32_t>(field->value);
    if (field->number == 3) text = field->bytes;
  }
  return is_text ? json::value(text) : json::value(number);
}

// A message with one field: a quantity's text, or JSON as it is.
kube::Result<std::string_view> only_field(std::string_view bytes) {
  WireReader reader(bytes);
  std::string_view found;
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return broken();
    if (field->number == 1) found = field->bytes;
  }
  return found;
}

Decoded decode_value(const Schema& schema, const WireField& field, int depth) {
  if (schema.int_or_string) return decode_int_or_string(field.bytes);
  if (schema.format == "date-time" || schema.format == "micro-time")
    return decode_time(field.bytes, schema.format == "micro-time");
  if (schema.format == "quantity") {
    const auto text = only_field(field.bytes);
    if (!text) return text.error();
    return json::value(*text);
  }
  switch (schema.type) {
    case Schema::Type::string:
      return schema.format == "byte" ? json::value(kube::encode_base64(field.bytes)) : json::value(field.bytes);
    case Schema::Type::integer:
      if (schema.format == "int32") return json::value(static_cast<std::int32_t>(field.value));
      return json::value(static_cast<std::int64_t>(field.value));
    case Schema::Type::number:
      return json::value(std::bit_cast<double>(field.value));
    case Schema::Type::boolean:
      return json::value(field.value != 0);
    case Schema::Type::any: {
      const auto text = only_field(field.bytes);
      if (!text) return text.error();
      if (text->empty()) return json::value(nullptr);
      return kube::parse_json(*text);
    }
    case Schema::Type::object:
      return decode_message(schema, field.bytes, depth + 1);
    case Schema::Type::array:
      return broken();
  }
  return broken();
}

// key = 1, value = 2.
kube::Result<> add_entry(const Schema& map, std::string_view bytes, json::object& to, int depth) {
  WireReader reader(bytes);
  std::string key;
  json::value value = map.additional->type == Schema::Type::string ? json::value("") : json::value(nullptr);
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return broken();
    if (field->number == 1) key = field->bytes;
    if (field->number != 2) continue;
    Decoded decoded = decode_value(*map.additional, *field, depth);
    if (!decoded) return decoded.error();
    value = std::move(*decoded);
  }
  to[key] = std::move(value);
  return {};
}

kube::Result<> add_member(const std::string& name, const Schema& schema, const WireField& field, json::object& to,
                          int depth) {
  if (schema.type == Schema::Type::array && schema.items) {
    Decoded item = decode_value(*schema.items, field, depth);
    if (!item) return item.error();
    json::value& list = to[name];
    if (!list.is_array()) list = json::array();
    list.get_array().push_back(std::move(*item));
    return {};
  }
  if (schema.type == Schema::Type::object && schema.name.empty() && schema.additional) {
    json::value& map = to[name];
    if (!map.is_object()) map = json::object();
    return add_entry(schema, field.bytes, map.get_object(), depth);
  }
  Decoded value = decode_value(schema, field, depth);
  if (!value) return value.error();
  if (!value->is_null()) to[name] = std::move(*value);
  return {};
}

// `outer` is the number of the embedded struct that is being read, 0 outside of any.
kube::Result<> read_fields(const Schema& schema, std::string_view bytes, unsigned outer, json::object& to, int depth) {
  if (depth > deepest) return broken();
  WireReader reader(bytes);
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return broken();
    for (const auto& [name, part] : schema.properties) {
      kube::Result<> added;
      if (part->number == field->number && part->outer_number == outer) {
        added = add_member(name, *part, *field, to, depth);
        if (!added) return added;
        break;
      }
      if (outer == 0 && part->outer_number == field->number) {
        added = read_fields(schema, field->bytes, field->number, to, depth + 1);
        if (!added) return added;
        break;
      }
    }
  }
  return {};
}

Decoded decode_message(const Schema& schema, std::string_view bytes, int depth) {
  json::object object;
  const kube::Result<> read = read_fields(schema, bytes, 0, object, depth);
  if (!read) return read.error();
  return json::value(std::move(object));
}

struct Envelope {
  std::string api_version;
  std::string kind;
  std::string_view body;
};

// typeMeta = 1 {apiVersion = 1, kind = 2}, raw = 2.
std::optional<Envelope> open_envelope(std::string_view bytes) {
  constexpr std::string_view magic("k8s\0", 4);
  if (!bytes.starts_with(magic)) return std::nullopt;
  Envelope envelope;
  WireReader reader(bytes.substr(magic.size()));
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return std::nullopt;
    if (field->number == 2) envelope.body = field->bytes;
    if (field->number != 1) continue;
    WireReader type(field->bytes);
    while (!type.at_end()) {
      const auto part = type.next();
      if (!part) return std::nullopt;
      if (part->number == 1) envelope.api_version = part->bytes;
      if (part->number == 2) envelope.kind = part->bytes;
    }
  }
  return envelope;
}

SchemaPtr type_of(const Envelope& envelope) {
  // The options of requests belong to every group.
  if (envelope.kind == "DeleteOptions") return builtin_type("meta.v1.DeleteOptions");
  const std::size_t slash = envelope.api_version.find('/');
  if (slash == std::string::npos) return builtin_schema("", envelope.api_version, envelope.kind);
  return builtin_schema(envelope.api_version.substr(0, slash), envelope.api_version.substr(slash + 1), envelope.kind);
}

}  // namespace

kube::Result<json::value> decode_protobuf(std::string_view bytes) {
  const auto envelope = open_envelope(bytes);
  if (!envelope) return broken();
  const SchemaPtr schema = type_of(*envelope);
  if (!schema)
    return kube::Error{kube::Fault::invalid,
                       fmt::format("{} {} is not known as protobuf", envelope->api_version, envelope->kind)};
  Decoded decoded = decode_message(*schema, envelope->body, 0);
  if (!decoded) return decoded;
  json::object& object = decoded->as_object();
  object["apiVersion"] = envelope->api_version;
  object["kind"] = envelope->kind;
  return decoded;
}

}  // namespace sluice::sandbox
