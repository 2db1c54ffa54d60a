// Which objects of a kind a list, a watch or a deletion of many is about.
#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/metadata.h"
#include "sandbox/label_query.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

class ObjectFilter {
 public:
  // Namespace, name, label selector and field selector of a request; 400 when one cannot be read.
  static Outcome<ObjectFilter> of(const Request& request);
  bool matches(const kube::ObjectKey& key, const json::value& object) const;

 private:
  struct FieldPart {
    std::string path;
    std::string value;
    bool equal = true;
  };
  std::string ns_;    // "" for all
  std::string name_;  // "" for all
  LabelQuery labels_;
  std::vector<FieldPart> fields_;
};

// The text of a field that a field selector may name, as the server compares it.
std::string field_text(const json::value& object, std::string_view path);

}  // namespace sluice::sandbox
