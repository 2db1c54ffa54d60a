// Structs as bytes, for keeping many of them: members without names, nothing for what is empty, frequent words once.
//
// A struct is packed by the same `fields` by which it is read from JSON. kube/packing_fields.h defines these templates;
// each room instantiates them for what its stores keep in one of its .cc files (see crds/packing.cc).
#pragma once

#include <string>
#include <string_view>

namespace sluice::kube {

// The bytes mean something only to the thread that made them. Name and namespace of an ObjectMeta are left out: a store
// has them as the object's key.
template <class T>
std::string packed(const T& value);

// Sets all of `value` but the name and namespace of its metadata.
template <class T>
void unpack(std::string_view bytes, T& value);

}  // namespace sluice::kube
