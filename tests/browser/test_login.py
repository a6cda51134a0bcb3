"""Logging in, in a browser."""
import re

from playwright.sync_api import expect


def test_wrong_then_right_then_out(visitor):
    window = visitor()
    page = window.goto('/')
    page.fill('#id_username', 'demo')
    page.fill('#id_password', 'not it')
    page.click('main button')
    expect(page.get_by_role('alert')).to_contain_text('The user name or the password is wrong.')
    assert page.input_value('#id_password') == ''
    window.log_in('demo')
    expect(page).to_have_url(re.compile('/project/'))
    page.locator('.user-menu summary').click()
    page.get_by_role('button', name='Log out').click()
    expect(page).to_have_url(re.compile('/auth/login/'))
    page.goto('/project/keypairs/')
    expect(page).to_have_url(re.compile('/auth/login/'))


def test_the_keyboard_is_enough(visitor):
    window = visitor()
    page = window.goto('/')
    password = window.cloud.credentials('demo')['OS_PASSWORD']
    page.keyboard.type('demo')
    page.keyboard.press('Tab')
    page.keyboard.type(password)
    page.keyboard.press('Enter')
    expect(page).to_have_url(re.compile('/project/'))
    page.keyboard.press('Tab')
    expect(page.get_by_text('Skip to content')).to_be_focused()
    page.keyboard.press('Enter')
    expect(page.locator('main')).to_be_focused()


def test_menus_close_by_escape_and_give_the_focus_back(visitor):
    page = visitor('demo').page
    menu = page.locator('.user-menu')
    menu.locator('summary').click()
    expect(menu.get_by_role('button', name='Log out')).to_be_visible()
    page.keyboard.press('Escape')
    expect(menu.get_by_role('button', name='Log out')).to_be_hidden()
    expect(menu.locator('summary')).to_be_focused()


def test_colours_are_kept(visitor):
    page = visitor('demo').goto('/account/appearance/')
    page.get_by_label('Dark').check()
    page.get_by_role('button', name='Save').click()
    expect(page.locator('html')).to_have_attribute('data-theme', 'dark')
    assert page.evaluate('getComputedStyle(document.body).backgroundColor') == 'rgb(17, 20, 26)'


def test_without_scripts(visitor):
    page = visitor('demo', java_script_enabled=False).goto('/project/keypairs/')
    page.get_by_role('link', name='Create key pair').click()
    page.fill('#id_name', 'plain')
    page.get_by_role('button', name='Create and download').click()
    expect(page.get_by_role('heading', level=1)).to_have_text('Key pair created')
    page.get_by_role('link', name='Done').click()
    page.get_by_role('button', name='Delete plain').click()
    page.get_by_role('main').get_by_role('button', name='Delete').click()
    expect(page.get_by_role('status').first).to_contain_text('Deleted: plain')
