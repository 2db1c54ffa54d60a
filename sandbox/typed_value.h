// Values seen through their schema, field by field: which fields there are, what changed, merging and removing.
#pragma once

#include <string>

#include <boost/json/value.hpp>

#include "sandbox/field_set.h"
#include "sandbox/schema.h"

namespace sluice::sandbox {

struct Comparison {
  FieldSet added;
  FieldSet modified;
  FieldSet removed;
};

// What differs between two states of an object.
Comparison compare(const Schema& schema, const json::value& before, const json::value& after);

// The fields that a client names when it applies this configuration.
FieldSet fields_of(const Schema& schema, const json::value& configuration);

// `live` with all that the configuration says.
json::value merged(const Schema& schema, const json::value& live, const json::value& configuration);

// Removes from `value` the fields in `fields`, except those that are in `kept`.
void remove_fields(const Schema& schema, json::value& value, const FieldSet& fields, const FieldSet& kept);

// The path of the first member that the schema does not know (".spec.zz"); "" when there is none.
std::string undeclared_field(const Schema& schema, const json::value& configuration);

// The schema of whole objects of a kind, with metadata described; `of_kind` may be nullptr.
SchemaPtr whole_object_schema(const SchemaPtr& of_kind, bool custom);

}  // namespace sluice::sandbox
