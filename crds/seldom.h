// An optional value that is seldom there: one pointer when it is absent, the value on the heap when it is present.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace sluice::crds {

// Has the meaning of std::optional<T>: copies are deep, equality compares the values.
template <class T>
class Seldom {
 public:
  Seldom() = default;
  Seldom(std::nullopt_t) {}
  Seldom(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Seldom(const Seldom& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Seldom(Seldom&&) noexcept = default;
  Seldom& operator=(const Seldom& other) {
    value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
    return *this;
  }
  Seldom& operator=(Seldom&&) noexcept = default;
  ~Seldom() = default;

  explicit operator bool() const { return value_ != nullptr; }
  bool has_value() const { return value_ != nullptr; }
  // Undefined when the value is absent.
  const T& operator*() const { return *value_; }
  T& operator*() { return *value_; }
  const T* operator->() const { return value_.get(); }
  T* operator->() { return value_.get(); }
  T value_or(T otherwise) const { return value_ ? *value_ : std::move(otherwise); }
  // The value, made with its defaults when it was absent.
  T& obtain() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }
  template <class... Arguments>
  T& emplace(Arguments&&... arguments) {
    value_ = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    return *value_;
  }
  void reset() { value_.reset(); }

  friend bool operator==(const Seldom& left, const Seldom& right) {
    if (!left.value_ || !right.value_) return !left.value_ && !right.value_;
    return *left.value_ == *right.value_;
  }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace sluice::crds
