"""Forms: shown by templates/ui/form.html, one field by ui/field.html."""
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class Renderer(TemplatesSetting):
    """Our templates for forms and fields, Django's own for widgets."""

    form_template_name = 'ui/form.html'
    field_template_name = 'ui/field.html'


class Form(forms.Form):
    """A form of ours. A Meta-less base: `submit` is the text of its button."""

    submit = _('Save')
    required_css_class = 'required'
    error_css_class = 'invalid'

    def __init__(self, *args, **kwargs):
        # Fields are named by label and an id; a colon behind the label is the style sheet's business.
        kwargs.setdefault('label_suffix', '')
        super().__init__(*args, **kwargs)

    @property
    def is_multipart_form(self):
        """Whether it carries files."""
        return self.is_multipart()
