// What HTTP requests and responses have in common: their headers.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::kube {

// Header fields in the order in which they are sent; names compare without case, a name may occur more than once.
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;

  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // Replaces every field of that name by one.
  void set(std::string_view name, std::string value);
  // The value of the first field of that name; nullptr when there is none. Valid until the next change.
  const std::string* find(std::string_view name) const;
  // The same, "" when there is none.
  std::string_view get(std::string_view name) const;

  bool empty() const { return fields_.empty(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

// The usual words of a status, "Not Found" for 404; "" for a status nobody has named.
std::string_view reason_phrase(unsigned status);

}  // namespace sluice::kube
